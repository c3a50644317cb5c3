"""What is announced for a first look: a rule that will pay less in two weeks, told to every member."""

from __future__ import annotations

from datetime import datetime

from incentives.domain import notice, publishing
from incentives.models import RuleVersion


def fill(now: datetime) -> None:
    """Announce the next version of one rule; the one before pays until then."""
    live = RuleVersion.objects.get(rule__code="good-post", state="live")
    amount = 'event.data.topic == "guides" ? 25 : 12'
    first, *others = live.document["then"]
    document = {**live.document, "then": [{**first, "amount": amount}, *others], "tests": []}
    publishing.publish_rule(version=publishing.save_draft(document=document), now=now)
    notice.tell_members(now=now)
