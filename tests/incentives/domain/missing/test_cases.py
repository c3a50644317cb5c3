"""Something missing? The first reason that holds is the answer; else the team has it, with a promise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction

from incentives.domain import conduct
from incentives.domain.erasing import erase
from incentives.domain.merging import merge
from incentives.domain.missing import cases
from incentives.domain.missing.finding import Asked
from incentives.domain.reversals import reverse_journal
from incentives.models import Case, Journal
from members.domain.conduct.ladder import Sentence
from members.enums import Consequence
from members.models import Event, ViolationKind
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
RULE = {"name": {"en": "A good post", "zh-hans": "好文章"}}
LONG = {"if": {"all": [{"expr": "event.data.words >= 800", "why_not": {"en": "Too short.", "zh-hans": "太短了。"}}]}}


@pytest.fixture(autouse=True)
def _world():
    factories.world()


@pytest.fixture
def ada():
    return factories.MemberFactory(ref="ada", time_zone="Asia/Shanghai", joined_at=NOON - timedelta(days=90))


def post(number=1, ref="ada", moment=NOON, **more):
    factories.report(item(f"e{number}", ref, time=moment.isoformat(), **more), now=moment)
    while factories.judge().events:
        pass
    return Event.objects.filter(type__code="content.published").order_by("pk").last()


def ask(member, asked=None, text="", now=NOON):
    return cases.open_case(
        member=member, asked=asked or Asked(NOON, None, "content.published"), text=text, now=now, actor="member"
    )


def found(case):
    return case.finding, case.state, case.said["en"]


def told(*codes):
    return [
        e.type.code for e in Event.objects.filter(type__code__startswith="case.").select_related("type").order_by("pk")
    ]


def test_what_never_came_says_when_the_app_was_heard_last(ada):
    post(moment=NOON - timedelta(days=3))

    case, _ = ask(ada)

    assert found(case) == (
        "not_received", "answered",
        "Nothing of this kind reached us from you on 24 Nov 2026. The last event from app arrived on 21 Nov 2026, 20:00.",
    )  # fmt: skip
    assert case.said["zh-hans"].startswith("2026年11月24日 我们没有收到")
    assert case.due_at is None


def test_what_was_refused_says_why(ada):
    post(data={"content_id": "c", "wrods": 5})

    case, _ = ask(ada)

    assert case.finding == "refused"
    assert "app reported something of you on 24 Nov 2026, 20:00" in case.said["en"]
    assert case.found["pointer"] == "/data/wrods"


def test_a_type_that_no_rule_rewards(ada):
    event = post()

    case, _ = ask(ada, Asked(NOON, event.pk))

    assert found(case) == ("no_rule", "answered", "No rule rewards this. It stays on your timeline all the same.")


def test_a_clause_that_failed_in_the_members_language(ada):
    factories.rule({**RULE, **LONG, "then": [award(10)]})
    event = post()

    case, _ = ask(ada)

    assert found(case) == ("clause", "answered", "“A good post”: Too short.")
    assert case.said["zh-hans"] == "「好文章」：太短了。"
    assert case.event_id == event.pk


def test_a_limit_says_when_it_opens_again_where_the_member_lives(ada):
    factories.rule({**RULE, "then": [award(10)], "limits": [{"per": "member", "every": "day", "times": 1}]})
    post(1)
    event = post(2)

    case, _ = ask(ada)

    assert case.event_id == event.pk, "of two on that day the one that was not paid"
    assert case.finding == "limit"
    assert case.said["en"].endswith("at most 1 time a day. It opens again on 25 Nov 2026, 00:00.")
    assert case.found["opens_at"] == "2026-11-24T16:00:00+00:00"


def test_what_is_pending_says_until_when(ada):
    factories.rule({**RULE, "then": [award(10, pending={"for": "7d"})]})
    post()

    case, _ = ask(ada)

    assert found(case) == ("pending", "answered", "It is pending until 1 Dec 2026, 20:00.")


def test_what_was_paid_and_taken_back_says_when_and_why(ada):
    factories.rule({**RULE, "then": [award(10)]})
    post()
    reverse_journal(journal_id=Journal.objects.get(rule_code="post").pk, cause="It was a copy.", now=NOON)

    case, _ = ask(ada)

    assert case.finding == "taken_back"
    assert case.said["en"].startswith("It was paid, and taken back on 24 Nov 2026, 20:00.")


def test_what_was_frozen_says_so(ada):
    factories.rule({**RULE, "then": [award(10)]})
    kind = ViolationKind.objects.create(code="insult", names={"en": "Insult"})
    conduct.record_violation(
        member_id=ada.pk, kind=kind, now=NOON - timedelta(hours=1), operator="Ines",
        sentence=Sentence(Consequence.FREEZE_EARNING, 48),
    )  # fmt: skip
    post()

    assert found(ask(ada)[0]) == ("frozen", "answered", "Earning was frozen at that time.")


def test_what_was_paid_goes_to_the_team_with_what_was_found_unless_another_rule_failed(ada):
    factories.rule({**RULE, "then": [award(10)]})
    event = post()

    case, _ = ask(ada)

    assert (case.finding, case.state) == ("nothing", "open")
    assert case.due_at == NOON + timedelta(hours=settings.CASE_PROMISE_HOURS)
    assert (case.found["paid"], case.found["candidates"][0]["event"]) == ({"points": "10"}, str(event.pk))

    cases.close(case_id=case.pk, now=NOON)
    factories.rule({**RULE, **LONG, "code": "long", "then": [award(10)]}, now=NOON)
    event = post(2)

    assert found(ask(ada, Asked(NOON, event.pk))[0])[0] == "clause"


def test_words_alone_go_to_the_team(ada):
    post()

    case, _ = ask(ada, Asked(NOON), "I helped somebody.")

    assert (case.finding, case.state, case.text) == ("nothing", "open", "I helped somebody.")


def test_a_case_is_answered_reopened_answered_by_people_and_closed_each_told(ada):
    factories.rule({**RULE, **LONG, "then": [award(10)]})
    event = post()
    case, is_new = ask(ada, Asked(NOON, event.pk))
    again, is_newer = ask(ada, Asked(NOON, event.pk))
    assert (is_new, is_newer, again.pk) == (True, False, case.pk)

    case = cases.reopen(case_id=case.pk, member_id=ada.pk, text="It has 900 words.", now=NOON)
    assert (case.state, case.text, case.due_at) == ("reopened", "It has 900 words.", NOON + timedelta(hours=48))
    with pytest.raises(cases.CannotAsk, match="looked at again"):
        cases.reopen(case_id=case.pk, member_id=ada.pk, text="", now=NOON)
    with pytest.raises(cases.CannotAsk, match="Write an answer"):
        cases.answer(case_id=case.pk, words=" ", by="operator 1", now=NOON)
    case = cases.answer(case_id=case.pk, words="We count 500.", by="operator 1", now=NOON)
    assert (case.state, case.answer) == ("answered", "We count 500.")

    later = NOON + timedelta(days=14)
    assert [
        cases.close_quiet(now=later - timedelta(hours=1)),
        cases.close_quiet(now=later),
        cases.close_quiet(now=later),
    ] == [0, 1, 0]
    assert not cases.close(case_id=case.pk, now=later)
    with pytest.raises(cases.CannotAsk):
        cases.reopen(case_id=case.pk, member_id=ada.pk, text="", now=later + cases.REOPENED_WITHIN)
    cases.reopen(case_id=case.pk, member_id=ada.pk, text="", now=later)

    assert told() == ["case.opened", "case.reopened", "case.answered", "case.closed", "case.reopened"]


def test_questions_are_bounded_and_only_about_ones_own(ada):
    bo = factories.MemberFactory(ref="bo")
    event = post(1, ref="bo")
    with pytest.raises(cases.CannotAsk, match="no such event"):
        ask(ada, Asked(NOON, event.pk))
    with pytest.raises(cases.CannotAsk, match="last six months"):
        ask(ada, Asked(NOON - timedelta(days=181), None, "content.published"))
    with pytest.raises(cases.CannotAsk, match="Say what you did"):
        ask(ada, Asked(NOON), " ")
    post(2)
    for _ in range(cases.WAITING_MAX):
        ask(ada, Asked(NOON), "Something.")

    with pytest.raises(cases.CannotAsk, match="Five questions"):
        ask(ada, Asked(NOON), "Something.")
    bos, _ = ask(bo, Asked(NOON, event.pk))
    with pytest.raises(cases.CannotAsk, match="no such case"):
        cases.reopen(case_id=bos.pk, member_id=ada.pk, text="", now=NOON)

    assert Case.objects.filter(member=ada).count() == cases.WAITING_MAX


def test_a_waiting_case_has_a_promise_whoever_writes_it(ada):
    with pytest.raises(IntegrityError), transaction.atomic():
        Case.objects.create(member=ada, state="open", finding="nothing", happened_at=NOON, opened_at=NOON)


def test_cases_go_along_in_a_merge_and_lose_their_words_in_an_erasure(ada):
    bo = factories.MemberFactory(ref="bo")
    post(1, ref="bo")
    ask(bo, Asked(NOON), "Bo Falk asks.")
    merge(survivor_id=ada.pk, merged_id=bo.pk, now=NOON, reason="One person.")
    assert Case.objects.get().member_id == ada.pk

    erase(member_id=ada.pk, ref="ada", reason="They asked.", now=NOON)

    case = Case.objects.get()
    assert (case.state, case.text, case.said, case.found, case.answer) == ("closed", "", {}, {}, "")
