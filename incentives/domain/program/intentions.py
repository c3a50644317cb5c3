"""Puts evidence of intention in place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from incentives.domain.program.parts import Applied, put
from incentives.domain.program.words import BadEntry, Kind, names, only, text, whole, yes_or_no
from incentives.domain.rules.findings import near
from members.models import EventType, IntentionEvidence

_EVIDENCE: Mapping[str, Kind] = {
    "names": names, "when": text, "field": text, "value": text, "of_inviter": yes_or_no, "decisive": yes_or_no,
    "weight": whole(1, 1_000), "most": whole(1, 10_000),
}  # fmt: skip
_FIELDS = {"of_inviter": "is_of_inviter", "decisive": "is_decisive", "weight": "points"}


def put_evidence(code: str, document: Any, applied: Applied) -> None:
    """Make or change a kind of evidence. Raises BadEntry and ValidationError."""
    is_new = not IntentionEvidence.objects.filter(code=code).exists()
    values = only(document, _EVIDENCE, must=("when", "weight") if is_new else ())
    if "when" in values:
        wanted = values.pop("when")
        found = EventType.objects.filter(code=wanted).first()
        if found is None:
            known = EventType.objects.values_list("code", flat=True)
            raise BadEntry(f"there is no event type {wanted!r}. {near(wanted, known)}")
        values["event_type"] = found
    put(IntentionEvidence, code, {_FIELDS.get(word, word): value for word, value in values.items()}, applied)
