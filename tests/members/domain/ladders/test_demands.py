"""What tiers ask for beside their value: how it is read, and what is refused with which sentence."""

from __future__ import annotations

import pytest

from members.domain.ladders.demands import BadDemand, Demand, once, read_demands, read_duties
from members.models import Counter
from tests import factories

pytestmark = pytest.mark.django_db
QUALITY = "content:quality"


def counters():
    return {
        "likes": Counter(code="likes", kind="count", window="rolling", days=90),
        "likers": Counter(code="likers", kind="distinct", window="rolling", days=90),
        "words": Counter(code="words", kind="sum", window="month"),
        "in_a_row": Counter(code="in_a_row", kind="streak", window="week"),
        "by_topic": Counter(code="by_topic", kind="count", by="topic"),
    }


@pytest.mark.parametrize(
    ("_case", "document", "read"),
    [
        ("counter", {"counter": "likes", "at_least": 5}, [Demand("likes", 5)]),
        ("counter_spread", {"counter": "likes", "at_least": 8, "people": "likers"},
         [Demand("likes", 8), Demand("likers", 2)]),
        ("counter_at_most", {"counter": "likes", "at_most": 0}, [Demand("likes", at_most=0)]),
        ("metric_ever", {"metric": QUALITY, "at_least": 6}, [Demand(metric=QUALITY, at_least=6)]),
        ("metric_within", {"metric": QUALITY, "at_least": 6, "within_days": 90},
         [Demand(metric=QUALITY, at_least=6, days=90)]),
        ("metric_spread",
         {"metric": QUALITY, "at_least": 6, "within_days": 90, "people": "content:appreciators", "people_min": 20,
          "days": "content:quality_days"},
         [Demand(metric=QUALITY, at_least=6, days=90), Demand(metric="content:appreciators", at_least=20, days=90),
          Demand(metric="content:quality_days", at_least=2, days=90)]),
        ("metric_at_most", {"metric": "content:published", "at_most": 9}, [Demand(metric="content:published", at_most=9)]),
        ("currency_in_whole_units", {"metric": "earned:karma", "at_least": 5}, [Demand(metric="earned:karma", at_least=500)]),
        ("strikes", {"metric": "conduct:strikes", "at_most": 0}, [Demand(metric="conduct:strikes", at_most=0)]),
    ],
)  # fmt: skip
def test_a_demand_is_read_in_the_units_that_it_is_stored_in(_case, document, read):
    factories.CurrencyFactory(code="karma", kind="qualifying", scale=2)

    assert list(read_demands([document], counters())) == read


def test_a_metric_looks_at_the_ladders_own_days_unless_it_says_otherwise():
    asked = [{"metric": QUALITY, "at_least": 6}, {"metric": QUALITY, "at_least": 9, "within_days": 30}]

    assert [each.days for each in read_demands(asked, {}, window_days=90)] == [90, 30]
    assert [each.key for each in once(read_demands([*asked, *asked], {}))] == [QUALITY, f"{QUALITY} in 30 days"]


@pytest.mark.parametrize(
    ("asked", "value", "is_met"),
    [(Demand("likes", 5), 4, False), (Demand("likes", 5), 5, True), (Demand("likes", at_most=0), 0, True),
     (Demand("likes", at_most=0), 1, False)],
)  # fmt: skip
def test_a_demand_is_met_from_a_number_on_or_up_to_it(asked, value, is_met):
    assert asked.is_met(value) is is_met


@pytest.mark.parametrize(
    ("_case", "document", "sentence"),
    [
        ("no_list", {}, "Demands are a list"),
        ("no_object", ["likes"], "Each is an object with at_least, at_most, counter"),
        ("unknown_word", [{"counter": "likes", "atleast": 5}], "Each is an object with"),
        ("neither", [{"at_least": 5}], "either a counter or a metric"),
        ("both", [{"counter": "likes", "metric": QUALITY, "at_least": 5}], "either a counter or a metric"),
        ("unknown_counter", [{"counter": "loves", "at_least": 5}], "no counter 'loves'"),
        ("streak", [{"counter": "in_a_row", "at_least": 5}], "counts periods in a row"),
        ("by_something", [{"counter": "by_topic", "at_least": 5}], "keeps a number for each topic"),
        ("zero", [{"counter": "likes", "at_least": 0}], "at_least is a whole number from 1, not 0"),
        ("true", [{"counter": "likes", "at_most": True}], "at_most is a whole number from 0, not True"),
        ("both_bounds", [{"counter": "likes", "at_least": 1, "at_most": 5}], "at_most stands alone"),
        ("at_most_spread", [{"metric": QUALITY, "at_most": 5, "days": "content:quality_days"}], "at_most stands alone"),
        ("days_of_a_counter", [{"counter": "likes", "at_least": 1, "within_days": 9}], "a counter looks at its own window"),
        ("no_days", [{"metric": QUALITY, "at_least": 1, "within_days": 0}], "within_days is a whole number from 1"),
        ("people_without", [{"metric": QUALITY, "at_least": 1, "people_min": 2}], "people_min needs people, the metric"),
        ("unknown_kind", [{"metric": "karma", "at_least": 1}], "There is no metric 'karma'; there are balance:…, .*conduct:…"),
        ("unknown_measure", [{"metric": "content:length", "at_least": 1}], "no measure of contents 'length'"),
        ("unknown_of_conduct", [{"metric": "conduct:fines", "at_most": 1}], "no measure of conduct 'fines'; there is strikes"),
        ("counter_as_metric", [{"metric": "counter:likes", "at_least": 1}], 'Name a counter by counter, such as {"counter": "likes"}'),
        ("not_a_name", [{"metric": 7, "at_least": 1}], "metric is a name such as content:quality, not 7"),
        ("strikes_wanted", [{"metric": "conduct:strikes", "at_least": 1}], 'ask for it by at_most'),
        ("strikes_in_days", [{"metric": "conduct:strikes", "at_most": 0, "within_days": 9}], "ask for it by at_most"),
        ("spread_over_strikes", [{"metric": QUALITY, "at_least": 1, "people": "conduct:strikes"}], "nothing is spread over it"),
    ],
)  # fmt: skip
def test_a_demand_that_cannot_be_read_says_what_to_write(_case, document, sentence):
    with pytest.raises(BadDemand, match=sentence):
        read_demands(document, counters())


WAYS = [{"metric": QUALITY, "at_least": 2}, {"counter": "words", "at_least": 9}]


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({}, "Duties are a list"),
        (["posts"], "Each is an object with at_least, counter, metric"),
        ([{"counter": "likes", "at_least": 1}], "likes must have the window month"),
        ([{"metric": QUALITY, "at_most": 1}], "Each is an object with at_least, counter, metric"),
        ([{"metric": QUALITY, "at_least": 1, "within_days": 9}], "Each is an object with at_least, counter, metric"),
        ([{"metric": "conduct:strikes", "at_least": 1}], "among the demands"),
        ([{"any_of": WAYS, "at_least": 1}], "any_of stands alone"),
        ([{"any_of": WAYS[0]}], "any_of is a list of 2 to 10 ways"),
        ([{"any_of": WAYS[:1]}], "any_of is a list of 2 to 10 ways"),
        ([{"any_of": WAYS * 6}], "any_of is a list of 2 to 10 ways"),
        ([{"any_of": [*WAYS, {"any_of": WAYS}]}], "Each is an object with at_least, counter, metric"),
        ([{"any_of": [*WAYS, {"counter": "likes", "at_least": 1}]}], "likes must have the window month"),
        ([{"any_of": [*WAYS, {"metric": "activity:seats", "at_least": 1}]}], "no measure of activities 'seats'; there is sessions"),
    ],
)  # fmt: skip
def test_a_duty_that_cannot_be_read_says_what_to_write(document, sentence):
    with pytest.raises(BadDemand, match=sentence):
        read_duties(document, counters())


def test_a_duty_is_something_to_do_each_month_or_one_of_several():
    asked = [{"counter": "words", "at_least": 2}, {"metric": QUALITY, "at_least": 2}, {"any_of": WAYS}]

    found = read_duties(asked, counters())

    assert [[each.key for each in duty.any_of] for duty in found] == [["words"], [QUALITY], [QUALITY, "words"]]
    assert [found[2].is_done({QUALITY: good, "words": words}.__getitem__) for good, words in (
        (1, 8 * 10**6), (2, 0), (0, 9 * 10**6),
    )] == [False, True, True]  # fmt: skip
