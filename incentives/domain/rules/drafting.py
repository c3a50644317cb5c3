"""What a rule must keep to from now on. What was published before is judged as it was: only drafts are asked."""

from __future__ import annotations

import re
from collections.abc import Iterator

from incentives.domain.rules.documents import ALARM, BUDGETS, Document, Finding, Limit

LIMIT_CODE = re.compile(r"[a-z][a-z0-9-]{0,63}")


def check_draft(document: Document) -> Iterator[Finding]:
    """What keeps a document from being published, although an older one that says it is still judged."""
    for i, limit in enumerate(document.limits):
        if not isinstance(limit, Limit):
            continue
        if limit.code and not LIMIT_CODE.fullmatch(limit.code):
            # A limit without a code is known by its place, so a bare number would be two limits in one.
            text = "A limit's code has lower-case letters, digits and hyphens, a letter first, at most 64."
            yield Finding(pointer=f"/limits/{i}/code", code="invalid", text=text)
        yield from check_alarm(limit, f"/limits/{i}")


def check_alarm(limit: Limit, pointer: str) -> Iterator[Finding]:
    """What keeps a limit's alarm from ringing."""
    if limit.alarm is None:
        return
    if not ALARM.fullmatch(limit.alarm):
        text, fix = f"{limit.alarm!r:.80} is no share of a limit.", "Write 1% to 100%, such as alarm: 80%."
        yield Finding(pointer=f"{pointer}/alarm", code="invalid", text=text, fix=fix)
    elif limit.per not in BUDGETS:
        text, fix = "Only a budget rings.", "Leave alarm out, or write per: rule."
        yield Finding(pointer=f"{pointer}/alarm", code="invalid", text=text, fix=fix)
