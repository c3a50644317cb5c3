"""A ban and a batch at the same moment: the one waits for the other."""

from __future__ import annotations

import json
import threading

import pytest
from django.db import connection
from django.utils import timezone

from incentives.domain import conduct
from incentives.models import Judgement
from members.domain.conduct.ladder import Sentence
from members.enums import Consequence
from members.models import Member, ViolationKind
from tests import factories
from tests.factories import award, item


@pytest.mark.postgresql
def test_a_ban_waits_for_the_batch_that_is_being_judged(committed_db):
    factories.world()
    member = factories.MemberFactory(ref="race")
    kind = ViolationKind.objects.create(code="race")
    factories.rule({"then": [award(5)]})
    factories.report(*(item(f"r{number}", "race") for number in range(200)))

    def ban():
        try:
            conduct.record_violation(
                member_id=member.pk, kind=kind, now=timezone.now(), operator="Ines", reason="Threats.",
                sentence=Sentence(Consequence.BAN),
            )  # fmt: skip
        finally:
            connection.close()

    thread = threading.Thread(target=ban)
    thread.start()
    factories.judge(batch_size_max=20)
    thread.join()
    while factories.judge(batch_size_max=20).events:
        pass

    judged = Judgement.objects.filter(member_id=member.pk).order_by("event_id").values_list("verdicts", flat=True)
    reasons = [verdicts[0][2] for verdicts in map(json.loads, judged) if verdicts]
    assert len(reasons) == 200
    # Once banned, always unpaid: never a paid one after an unpaid one, and a batch is wholly one or the other.
    assert reasons == sorted(reasons)
    assert reasons.count("status") % 20 == 0
    assert Member.objects.get(pk=member.pk).status == "banned"
