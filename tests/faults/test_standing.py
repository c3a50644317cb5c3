"""Ladders changed and evaluated while events flow, on a database with real row locks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from incentives.domain import conduct
from incentives.domain.evaluating import evaluate_ladders
from incentives.domain.ladders import undo_ladder_edit
from members.domain.ladders import editing, lending
from members.domain.ladders.undoing import CannotUndo
from members.models import Ladder, LadderEdit, Member, Standing, StandingChange, Tier, ViolationKind
from tests import factories
from tests.factories import award, item
from tests.faults.test_pump import in_threads

START = datetime(2026, 1, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)
REFS = [f"m{number}" for number in range(20)]


@pytest.mark.postgresql
def test_a_ladder_changed_while_events_flow_ends_as_if_nobody_had_been_judged_meanwhile(committed_db):
    factories.world()
    factories.rule({"then": [award("event.data.words", "growth")]}, since=START - DAY)
    tiers = {"low": {"threshold": 0}, "mid": {"threshold": 100}, "top": {"threshold": 200}}
    editing.put_ladder(code="rank", values={"metric": "balance:growth", "falls": "earned"}, tiers=tiers)
    for ref in REFS:
        factories.MemberFactory(ref=ref)
    for turn in range(10):
        for ref in REFS:
            event = item(f"{ref}-{turn}", ref, time=START.isoformat(), data={"content_id": "c", "words": 30})
            factories.report(event, now=START + DAY)

    def flows():
        while factories.judge(batch_size_max=5).events:
            pass

    def edits():
        for bar in (150, 90, 270, 120):
            moved = {"mid": {"threshold": bar}, "top": {"threshold": bar + 60}}
            editing.put_ladder(code="rank", values={}, tiers=moved)
            evaluate_ladders(now=START + DAY)

    assert in_threads(flows, flows, edits) == []
    flows()
    evaluate_ladders(now=START + DAY)

    # 300 points each, and the lines lie at 0, 120 and 180 in the end.
    assert list(Standing.objects.values_list("tier__code", flat=True)) == ["top"] * len(REFS)
    for member in Member.objects.all():
        # The history is a chain: each change begins where the one before has ended.
        found = (
            StandingChange.objects.filter(member=member).order_by("pk").values_list("from_tier__code", "to_tier__code")
        )
        assert [before for before, _ in found] == [None, *(after for _, after in found)][:-1]


@pytest.mark.postgresql
def test_an_undo_and_an_edit_at_once_end_as_one_after_the_other_and_two_undos_as_one(committed_db):
    factories.world()
    editing.put_ladder(code="rank", values={"metric": "balance:growth"}, tiers={"top": {"threshold": 100}})
    for turn in range(6):
        editing.put_ladder(code="rank", values={}, tiers={"top": {"threshold": 200 + turn}})
        edit = LadderEdit.objects.latest("pk")
        said = []

        def undo(edit=edit, said=said):
            try:
                said.append(undo_ladder_edit(edit=edit, why="A slip.", by="jo", now=START).is_new)
            except CannotUndo as error:
                said.append(str(error))

        def change(turn=turn):
            editing.put_ladder(code="rank", values={"grace_days": turn + 1}, tiers={})

        assert in_threads(undo, undo, change) == []

        threshold = Tier.objects.get().threshold
        if LadderEdit.objects.filter(undoes=edit).exists():
            # One undo, which the other one found; the change came before neither.
            assert (sorted(said), threshold) == ([False, True], edit.before["tiers"][0]["threshold"])
        else:
            assert threshold == 200 + turn
            assert said == ["The ladder was changed again since; undo the newest change first."] * 2
        assert Ladder.objects.get().grace_days == turn + 1


@pytest.mark.postgresql
def test_strikes_loans_and_evaluations_at_once_wait_for_each_other_in_one_order(committed_db):
    factories.world()
    no_strike = [{"metric": "conduct:strikes", "at_most": 0}]
    editing.put_ladder(
        code="rank", values={"metric": "balance:growth", "falls": "earned"},
        tiers={"low": {"threshold": 0}, "top": {"threshold": 1, "demands": no_strike}},
    )  # fmt: skip
    member = factories.MemberFactory(ref="ada")
    kind = ViolationKind.objects.create(code="advertising", names={"en": "Advertising"}, is_automatic=True)
    tier = Tier.objects.get(code="top")

    def strikes():
        for _ in range(10):
            made = conduct.record_violation(member_id=member.pk, kind=kind, now=START)
            conduct.decide(violation_id=made.pk, is_upheld=False, now=START, by="Jo", note="A mistake.")

    def lends():
        for turn in range(10):
            at = START + timedelta(minutes=turn)
            lending.lend(member=member, tier=tier, until=at + DAY, reason="Jury.", by="jo", now=at)
            lending.take_back(member=member, tier=tier, now=at + timedelta(seconds=9))

    def evaluates():
        for _ in range(10):
            evaluate_ladders(now=START)

    assert in_threads(strikes, lends, evaluates) == []

    evaluate_ladders(now=START + DAY)
    assert Standing.objects.get().tier.code == "low"
    found = StandingChange.objects.order_by("pk").values_list("from_tier__code", "to_tier__code")
    assert [before for before, _ in found] == [None, *(after for _, after in found)][:-1]
