"""However events are cut into batches, the same is decided."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from incentives.models import Account, BadgeGrant, Entry, Journal, Judgement, LimitName, LimitUse
from members.models import CounterValue, Standing
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db
START = datetime(2026, 11, 1, tzinfo=UTC)


def programme():
    factories.world()
    factories.CurrencyFactory(code="points", deduct_floor=1)
    factories.ladder(bronze=0, silver=40, gold=90)
    factories.badge("five")
    factories.badge("long", is_repeatable=True)
    factories.counter(code="posts", kind="count")
    factories.counter(code="words_week", kind="sum", value="event.data.words", window="week")
    factories.counter(code="contents", kind="distinct", value="event.data.content_id", window="rolling", days=3)
    factories.counter(code="days_in_a_row", kind="streak", window="day")
    factories.rule(
        {
            "then": [award("event.data.words / 100"), award("same", "growth")],
            "limits": [
                {"per": "member", "every": "day", "amount": 12, "currency": "points", "counts": "net", "over": "cut"},
                {"per": "rule", "every": "ever", "amount": 100_000, "currency": "points", "over": "cut"},
                {"per": "member", "every": "week", "times": 6},
            ],
        }
    )
    factories.rule({"code": "tier-bonus", "if": 'member.tier == "gold"', "then": [award(3)]})
    factories.rule(
        {"code": "fine", "if": "event.data.words < 60", "then": [{"do": "deduct", "currency": "points", "amount": 9}]}
    )
    factories.rule({"code": "five", "if": "crossed(counters.posts, 5)", "then": [{"do": "badge", "badge": "five"}]})
    factories.rule({"code": "streak", "if": "counters.days_in_a_row >= 3", "then": [award(1)], "priority": 500})
    factories.rule(
        {
            "code": "variety",
            "if": "counters.contents >= 3 && counters.words_week > 900",
            "then": [{"do": "badge", "badge": "long"}],
        }
    )


def events():
    rng = random.Random(4)
    found = []
    for number in range(220):
        moment = START + timedelta(hours=rng.uniform(0, 24 * 12))
        data = {"content_id": f"c{rng.randrange(6)}", "words": rng.randrange(20, 900)}
        found.append(item(f"e{number}", f"m{rng.randrange(5)}", time=moment.isoformat(), data=data))
    return found


def decided():
    """Everything that was decided, without the ids and moments that differ from run to run."""
    limits = dict(LimitName.objects.values_list("id", "code"))
    currencies = dict(Account.objects.values_list("id", "currency_id"))
    return {
        "accounts": list(
            Account.objects.order_by("member_id", "currency_id").values_list(
                "member_id", "currency_id", "balance", "sequence"
            )
        ),
        "entries": sorted(
            (member, currencies[account], sequence, amount, after)
            for member, account, sequence, amount, after in Entry.objects.values_list(
                "member_id", "account_id", "sequence", "amount", "balance_after"
            )
        ),
        "journals": sorted(
            Journal.objects.values_list("member_id", "event_id", "rule_code", "effect_number", "kind", "currency_id")
        ),
        "judgements": list(Judgement.objects.order_by("event_id").values_list("event_id", "facts", "verdicts")),
        "counters": sorted(
            CounterValue.objects.values_list("member_id", "counter_id", "key", "period", "value", "peak")
        ),
        "limits": sorted(
            (member, limits[limit], *rest)
            for member, limit, *rest in LimitUse.objects.values_list(
                "member_id", "limit_id", "period", "times", "amount"
            )
        ),
        "badges": sorted(BadgeGrant.objects.values_list("member_id", "badge_id", "event_id")),
        "standings": sorted(Standing.objects.values_list("member_id", "tier__code")),
    }


def test_batches_of_1_of_7_and_of_1000_decide_the_same():
    for number in range(5):
        factories.MemberFactory(ref=f"m{number}", time_zone=("", "Asia/Tokyo")[number % 2])
    programme()
    factories.report(*events(), now=START + timedelta(days=20))
    seen = []

    for size in (1, 7, 1000):
        with transaction.atomic():
            # Order is promised for each member, not between them, so the budget is not one that runs out.
            while factories.judge(batch_size_max=size).events:
                pass
            seen.append(decided())
            transaction.set_rollback(True)
        from incentives.domain.engine import rulebook

        rulebook.forget()

    assert len(seen[0]["journals"]) > 150
    assert {name: seen[1][name] == seen[0][name] for name in seen[0]} == dict.fromkeys(seen[0], True)
    assert {name: seen[2][name] == seen[0][name] for name in seen[0]} == dict.fromkeys(seen[0], True)


def test_events_of_a_banned_member_are_kept_and_unpaid():
    factories.world()
    factories.MemberFactory(ref="ada", status="banned")
    factories.rule({"then": [award(5)]})
    factories.report(item("e1", "ada"))

    factories.judge()

    assert Judgement.objects.get().verdicts == '[["post",1,"status",[]]]'
    assert not Journal.objects.exists()


def test_a_rule_that_fails_hurts_only_itself_and_says_so(monkeypatch):
    from dataclasses import replace

    from incentives.domain.engine import rulebook

    factories.world()
    factories.MemberFactory(ref="ada")
    factories.rule({"then": [award(5)]})
    factories.rule({"code": "broken", "then": [award(7)]})
    factories.report(item("e1", "ada"))

    def fails(*_):
        raise ZeroDivisionError("a bug of ours")

    compile_type = rulebook.compile_type

    def sabotaged(rules, schema):
        compiled = compile_type(rules, schema)
        place = next(i for i, rule in enumerate(compiled.rules) if rule.document.code == "broken")
        alone = tuple(fails if i == place else judge for i, judge in enumerate(compiled.alone))
        return replace(compiled, judge=fails, alone=alone)

    monkeypatch.setattr(rulebook, "compile_type", sabotaged)
    factories.judge()

    assert [account.balance for account in Account.objects.filter(balance__gt=0)] == [5]
    assert '["broken",1,"failed",[]]' in Judgement.objects.get().verdicts


def test_limits_count_in_the_members_own_days():
    factories.world()
    factories.MemberFactory(ref="here", time_zone="UTC")
    factories.MemberFactory(ref="there", time_zone="Asia/Tokyo")
    factories.rule({"then": [award(5)], "limits": [{"per": "member", "every": "day", "times": 1}]})
    for ref in ("here", "there"):
        # 14:00 and 16:00 UTC are one day in London and two in Tokyo.
        factories.report(
            item(f"{ref}-1", ref, time="2026-03-01T14:00:00Z"), item(f"{ref}-2", ref, time="2026-03-01T16:00:00Z")
        )

    while factories.judge().events:
        pass

    assert sorted(Account.objects.filter(balance__gt=0).values_list("balance", flat=True)) == [5, 10]


def test_a_net_limit_lets_deductions_make_room():
    factories.world()
    factories.MemberFactory(ref="ada")
    limit = {"per": "member", "every": "day", "amount": 20, "currency": "points", "counts": "net", "over": "cut"}
    from incentives.models import SharedLimit

    SharedLimit.objects.create(code="votes", document=limit)
    factories.rule({"if": "event.data.words >= 100", "then": [award(15)], "limits": ["votes"]})
    factories.rule(
        {"code": "down", "if": "event.data.words < 100", "then": [{"do": "deduct", "currency": "points", "amount": 4}],
         "limits": ["votes"]}
    )  # fmt: skip
    words = (500, 500, 10, 500)
    factories.report(
        *(
            item(f"e{n}", "ada", time=f"2026-03-01T1{n}:00:00Z", data={"content_id": "c", "words": w})
            for n, w in enumerate(words)
        )
    )

    factories.judge()

    amounts = Entry.objects.order_by("sequence").values_list("amount", flat=True)
    assert list(amounts) == [15, 5, -4, 4]


def test_a_member_whose_balance_is_full_is_paid_what_fits_and_told_so():
    from incentives.bounds import AMOUNT_MAX
    from incentives.domain.ledger import operations

    factories.world()
    ada = factories.MemberFactory(ref="ada")
    operations.open_balance(
        member_id=ada.pk, currency=factories.CurrencyFactory(), amount=AMOUNT_MAX - 3, key=b"k" * 32, effective_at=START
    )
    factories.rule({"then": [award(5)]})
    factories.report(item("e1", "ada"))

    drained = factories.judge()

    assert drained.failures == 0
    assert Account.objects.get(member_id=ada.pk, bucket=1, balance__gt=0).balance == AMOUNT_MAX
    assert Judgement.objects.order_by("-pk")[0].verdicts == '[["post",1,"",[[0,5,3,"full"]]]]'
