"""A counter that is made today has counted since the beginning."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from members.domain.counters.compiled import BadCounter
from members.domain.counters.making import make_counter
from members.models import Counter, CounterItem, CounterValue
from tests import factories
from tests.factories import item

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 10, 5, 12, tzinfo=UTC)
KINDS = [
    {"kind": "count"},
    {"kind": "count", "filter": "event.data.words > 100", "window": "week"},
    {"kind": "count", "window": "rolling", "days": 3},
    {"kind": "sum", "value": "event.data.words > 100 ? event.data.words : -event.data.words", "window": "month"},
    {"kind": "distinct", "value": "event.data.content_id"},
    {"kind": "distinct", "value": "event.data.content_id", "window": "rolling", "days": 4},
    {"kind": "days", "filter": "event.data.words > 100", "window": "month"},
    {"kind": "days", "window": "rolling", "days": 6},
    {"kind": "streak", "window": "day"},
    {"kind": "streak", "window": "week"},
    {"kind": "count", "by": "event.data.content_id"},
]


def report() -> None:
    for number in range(24):
        moment = MONDAY + timedelta(hours=19 * number)
        data = {"content_id": f"c{number % 5}", "words": 40 * (number % 7)}
        ref = ("ada", "bo")[number % 3 == 0]
        factories.report(item(f"e{number}", ref, time=moment.isoformat(), data=data), now=MONDAY + timedelta(days=40))


def counted() -> tuple[list[tuple], list[tuple]]:
    values = CounterValue.objects.exclude(value=0, peak=0).values_list("member_id", "key", "period", "value", "peak")
    return sorted(values), sorted(CounterItem.objects.values_list("member_id", "key", "period", "item", "last_day"))


@pytest.mark.parametrize("values", KINDS, ids=lambda v: "-".join(str(part) for part in v.values()))
def test_made_before_or_after_it_counts_the_same(values):
    factories.world()
    for ref, zone in (("ada", "Asia/Tokyo"), ("bo", "")):
        factories.MemberFactory(ref=ref, time_zone=zone)
    event_type = factories.EventTypeFactory()
    before = make_counter(counter=Counter(code="before", event_type=event_type, **values))
    report()
    factories.judge()
    from_the_beginning = counted()
    before.delete()
    CounterValue.objects.all().delete()
    CounterItem.objects.all().delete()

    make_counter(counter=Counter(code="after", event_type=event_type, **values))

    assert counted() == from_the_beginning
    assert any(from_the_beginning)


def test_an_event_that_still_waits_is_counted_once_when_it_is_judged():
    factories.world()
    factories.MemberFactory(ref="ada")
    factories.report(item("judged", "ada"))
    factories.judge()
    factories.report(item("waiting", "ada"))

    make_counter(counter=Counter(code="posts", event_type=factories.EventTypeFactory(), kind="count"))
    factories.judge()

    assert CounterValue.objects.get().value == 2


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"kind": "count", "filter": "event.data.wrods > 1"}, BadCounter),
        ({"kind": "sum"}, ValidationError),
        ({"kind": "count", "window": "rolling"}, ValidationError),
    ],
)
def test_what_cannot_count_is_not_made(values, error):
    factories.world()

    with pytest.raises(error):
        make_counter(counter=Counter(code="posts", event_type=factories.EventTypeFactory(), **values))

    assert not Counter.objects.exists()


@pytest.mark.parametrize("window", [{"window": "month"}, {"window": "rolling", "days": 7}], ids=lambda v: v["window"])
def test_a_streak_of_anything_but_days_and_weeks_is_refused(window):
    counter = Counter(code="run", event_type=factories.EventTypeFactory(), kind="streak", **window)

    with pytest.raises(BadCounter, match="counts days or weeks in a row, not"):
        make_counter(counter=counter)

    assert not Counter.objects.exists()


def test_the_admin_refuses_a_streak_of_months(admin_client):
    kind = factories.EventTypeFactory()

    answer = admin_client.post(
        "/admin/members/counter/add/",
        {
            "code": "run",
            "event_type": kind.pk,
            "kind": "streak",
            "window": "month",
            "filter": "",
            "value": "",
            "by": "",
        },
    )

    assert "A streak counts days or weeks in a row, not month" in answer.content.decode()
    assert not Counter.objects.exists()
