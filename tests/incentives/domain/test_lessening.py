"""What is proved to pay no less is published at once; every other difference has its sentence."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from incentives.domain import publishing
from incentives.domain.lessening import lessened
from incentives.domain.rules.expiry import may_be_shorter
from incentives.models import Privilege, SharedLimit
from tests import factories
from tests.factories import award

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAILY = {"code": "daily", "per": "member", "every": "day", "times": 3}
MUCH = {"code": "much", "every": "day", "amount": 100, "currency": "points", "over": "cut"}


def check(document):
    report = publishing.check_document({"code": "r", "when": "content.published", "then": [award(10)], **document})
    assert report.rule is not None, report.errors
    return report.rule


def less(before, after):
    return lessened(check(before), check(after), policies={"points": {"kind": "after", "days": 90}}, now=NOW)


@pytest.fixture(autouse=True)
def _world():
    factories.world()
    factories.badge("writer")
    Privilege.objects.create(code="pin", quota=1)
    SharedLimit.objects.create(code="votes", document={"every": "day", "times": 5})


def amount(text, **more):
    return {"then": [award(text, **more)]}


def when(*clauses, group="all"):
    return {"if": {group: [{"expr": each} for each in clauses]}}


LONG, LONGER = "event.data.words >= 100", "event.data.words >= 200"
NO_LESS = [
    ("the same", {}, {}),
    ("a larger number", amount(10), amount(11)),
    ("a larger factor", amount("event.data.words * 0.01"), amount("event.data.words * 0.02")),
    ("a higher end", amount("clamp(event.data.words / 40, 0, 60)"), amount("clamp(event.data.words / 40, 0, 80)")),
    ("less taken off", amount("event.data.words - 10"), amount("event.data.words - 5")),
    ("a better branch", amount("event.data.words > 9 ? 5 : 1"), amount("event.data.words > 9 ? 6 : 1")),
    ("never below", amount("min(event.data.words, 5)"), amount(5)),
    ("one effect more", {}, {"then": [award(10), award(1, "growth")]}),
    ("a lower bar", when(LONGER), when(LONG)),
    ("a clause less", when(LONG, "member.verified"), when(LONG)),
    ("no condition", when(LONG), {}),
    ("another way in", when(LONG, group="any"), when(LONG, "member.verified", group="any")),
    ("a longer list", {"if": 'member.age_band in ["adult"]'}, {"if": 'member.age_band in ["adult", "minor"]'}),
    ("one of several", {"if": 'member.age_band == "adult"'}, {"if": 'member.age_band in ["adult", "minor"]'}),
    ("a wider limit", {"limits": [DAILY]}, {"limits": [{**DAILY, "times": 4}]}),
    ("no limit", {"limits": [DAILY, MUCH]}, {"limits": [MUCH]}),
    ("cut instead of nothing", {"limits": [{**MUCH, "over": "skip"}]}, {"limits": [MUCH]}),
    ("sure at once", amount(10, pending={"for": "7d"}), amount(10)),
    ("longer expiry", amount(10), amount(10, expires={"kind": "after", "days": 91})),
    ("a later end", {"schedule": {"until": "2026-07-01T00:00:00Z"}}, {"schedule": {"until": "2026-08-01T00:00:00Z"}}),
    ("shown", {"visibility": "hidden"}, {}),
    ("less taken", {"then": [{"do": "deduct", "currency": "points", "amount": 5}]},
     {"then": [{"do": "deduct", "currency": "points", "amount": 4}]}),
    ("a longer grant", {"then": [{"do": "grant", "privilege": "pin", "for": "30d", "uses": 1}]},
     {"then": [{"do": "grant", "privilege": "pin", "for": "31d", "uses": 2}]}),
    ("more days", {"then": [{"do": "grant", "privilege": "pin", "days": 3}]},
     {"then": [{"do": "grant", "privilege": "pin", "days": 4}]}),
]  # fmt: skip
LESS = [
    ("a smaller number", amount(10), amount(9), "Effect 1 may give less"),
    ("another expression", amount(10), amount("event.data.words"), "Effect 1 may give less"),
    ("a lower end", amount("min(event.data.words, 60)"), amount("min(event.data.words, 50)"), "Effect 1"),
    ("another currency", {}, {"then": [award(10, "growth")]}, "Effect 1 may give less"),
    ("somebody else", {}, amount(10, to="inviter"), "Effect 1 may give less"),
    ("an effect less", {"then": [award(10), award(1, "growth")]}, {}, "Effect 2 is another one, or is gone."),
    ("a deduction more", {}, {"then": [award(10), {"do": "deduct", "currency": "points", "amount": 1}]}, "takes points"),
    ("a badge for points", {}, {"then": [{"do": "badge", "badge": "writer"}]}, "Effect 1 is another one"),
    ("a higher bar", when(LONG), when(LONGER), "may hold less often: event.data.words >= 200"),
    ("a clause more", when(LONG), when(LONG, "member.verified"), "may hold less often"),
    ("a condition", {}, when(LONG), "may hold less often"),
    ("a way in less", when(LONG, "member.verified", group="any"), when(LONG, group="any"), "may hold less often"),
    ("a limit", {}, {"limits": [DAILY]}, "is new"),
    ("a shared limit", {"limits": [DAILY]}, {"limits": ["votes"]}, "shared votes is new"),
    ("a tighter limit", {"limits": [DAILY]}, {"limits": [{**DAILY, "times": 2}]}, "may be tighter"),
    ("a longer period", {"limits": [DAILY]}, {"limits": [{**DAILY, "every": "week"}]}, "may be tighter"),
    ("gross", {"limits": [{**MUCH, "counts": "net"}]}, {"limits": [MUCH]}, "may be tighter"),
    ("more, where more may not fit", {"limits": [{**MUCH, "over": "skip"}]},
     {"then": [award(11)], "limits": [{**MUCH, "over": "skip"}]}, "all or nothing"),
    ("not sure yet", {}, amount(10, pending={"for": "7d"}), "Effect 1 may give less"),
    ("shorter expiry", {}, amount(10, expires={"kind": "after", "days": 89}), "Effect 1 may give less"),
    ("an end", {}, {"schedule": {"until": "2026-07-01T00:00:00Z"}}, "It ends earlier."),
    ("a later beginning", {}, {"schedule": {"from": "2026-07-01T00:00:00Z"}}, "It begins later."),
    ("hidden", {}, {"visibility": "hidden"}, "hidden"),
    ("another place", {}, {"priority": 10}, "another place"),
    ("another type", {}, {"when": "badge.granted"}, "It listens to badge.granted instead."),
    ("more taken", {"then": [{"do": "deduct", "currency": "points", "amount": 4}]},
     {"then": [{"do": "deduct", "currency": "points", "amount": 5}]}, "Effect 1 may give less"),
    ("a shorter grant", {"then": [{"do": "grant", "privilege": "pin", "for": "30d"}]},
     {"then": [{"do": "grant", "privilege": "pin", "for": "29d"}]}, "Effect 1 may give less"),
    ("fewer days", {"then": [{"do": "grant", "privilege": "pin", "days": 3}]},
     {"then": [{"do": "grant", "privilege": "pin", "days": 2}]}, "Effect 1 may give less"),
    ("days for a time", {"then": [{"do": "grant", "privilege": "pin", "for": "3d"}]},
     {"then": [{"do": "grant", "privilege": "pin", "days": 9}]}, "Effect 1 may give less"),
    ("like another", {"then": [{"do": "grant", "privilege": "pin", "like": "fair"}]},
     {"then": [{"do": "grant", "privilege": "pin", "like": "market"}]}, "Effect 1 may give less"),
    ("fewer uses", {"then": [{"do": "grant", "privilege": "pin", "uses": 2}]},
     {"then": [{"do": "grant", "privilege": "pin", "uses": 1}]}, "Effect 1 may give less"),
]  # fmt: skip


@pytest.mark.parametrize(("_case", "before", "after"), NO_LESS, ids=[case[0] for case in NO_LESS])
def test_what_surely_pays_no_less_has_no_sentence(_case, before, after):
    assert less(before, after) == []


@pytest.mark.parametrize(("_case", "before", "after", "sentence"), LESS, ids=[case[0] for case in LESS])
def test_what_may_pay_less_has_its_sentence(_case, before, after, sentence):
    found = less(before, after)

    assert [each for each in found if sentence in each], found


EXPIRIES = [
    (None, {"kind": "after", "days": 9999}, True),
    ({"kind": "after", "days": 30}, None, False),
    ({"kind": "after", "days": 30}, {"kind": "after", "days": 30}, False),
    ({"kind": "after", "days": 30}, {"kind": "after", "months": 1}, True),
    ({"kind": "after", "days": 28}, {"kind": "after", "months": 1}, False),
    ({"kind": "after", "months": 12}, {"kind": "after", "years": 1}, True),
    ({"kind": "after", "months": 12}, {"kind": "after", "months": 12, "end_of": "year"}, False),
    ({"kind": "after", "months": 12, "end_of": "year"}, {"kind": "after", "months": 12}, True),
    ({"kind": "after", "months": 12, "end_of": "month"}, {"kind": "after", "months": 13, "end_of": "month"}, False),
    ({"kind": "on", "month": 3, "day": 31}, {"kind": "on", "month": 4, "day": 30}, True),
    ({"kind": "idle", "days": 30}, {"kind": "idle", "days": 31}, False),
    ({"kind": "idle", "days": 30}, {"kind": "after", "days": 300}, True),
]


@pytest.mark.parametrize(("old", "new", "is_shorter"), EXPIRIES)
def test_an_expiry_is_longer_only_where_that_is_sure(old, new, is_shorter):
    assert may_be_shorter(old, new) is is_shorter
