"""The operators' desk: lists that name things in a fixed number of queries, and a history of who changed what and why."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incentives.domain.ledger import keys, operations
from incentives.models import Currency, LookupTable, RuleVersion, SharedLimit
from members.models import ApiKey, Ladder, Member, Tier
from tests import factories
from tests.conftest import NOON
from tests.factories import award, item

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(client):
    user = get_user_model().objects.create_superuser("operator", "", "x")
    client.force_login(user)
    return client


def fill(first, count):
    """So many more members with an award, a spending and a hold each."""
    points = Currency.objects.get(code="points")
    for number in range(first, first + count):
        member = factories.MemberFactory(ref=f"m{number}")
        factories.report(item(f"e{number}", member.ref))
        factories.judge()
        for what in ("spend", "hold"):
            key = keys.of_request(f"{what}{number}", what)
            options = {"expires_at": NOON.replace(year=2030)} if what == "hold" else {}
            getattr(operations, what)(member_id=member.pk, currency=points, amount=2, key=key, now=NOON, **options)


LISTS = [
    "incentives/account/", "incentives/entry/", "incentives/journal/", "incentives/lot/", "incentives/hold/",
    "incentives/pendingaward/", "incentives/badgegrant/", "incentives/judgement/", "incentives/ruleversion/",
    "members/event/", "members/member/", "members/standing/", "members/standingchange/", "auth/user/", "auth/group/",
]  # fmt: skip


@pytest.mark.parametrize("path", LISTS)
def test_a_list_asks_the_database_the_same_for_one_row_and_for_three(operator, path):
    factories.world()
    factories.badge("writer")
    factories.ladder(bronze=0)
    factories.rule(
        {"then": [award(10), award(3, "growth"), {"do": "badge", "badge": "writer"}, award(4, pending={"for": "7d"})]}
    )

    def queries():
        with CaptureQueriesContext(connection) as asked:
            assert operator.get(f"/admin/{path}").status_code == 200
        return len(asked)

    fill(0, 1)
    queries()
    one = queries()
    fill(1, 2)

    assert queries() == one


def test_the_books_are_shown_with_names_and_major_units(operator):
    factories.world()
    Currency.objects.filter(code="points").update(scale=2)
    factories.rule({"then": [award("12.5")]})
    factories.MemberFactory(ref="ada")
    factories.report(item("e1", "ada"))
    factories.judge()

    for path in ("account", "entry", "journal", "lot"):
        page = operator.get(f"/admin/incentives/{path}/").content.decode()
        assert "12.5 points" in page, path
        assert ">ada</a>" in page, path


def test_the_books_are_found_by_a_members_ref(operator):
    factories.world()
    factories.rule({"then": [award(10)]})
    for ref in ("ada", "bo"):
        factories.MemberFactory(ref=ref)
        factories.report(item(f"e-{ref}", ref))
    factories.judge()

    for path in ("account", "entry", "journal", "lot"):
        page = operator.get(f"/admin/incentives/{path}/?q=ada").content.decode()
        assert ">ada</a>" in page
        assert ">bo</a>" not in page


def save(operator, path, **given):
    answer = operator.post(f"/admin/{path}", given)
    assert answer.status_code == 302, answer.context["errors"] if answer.context else answer.content[:500]


def told(history):
    return [(row.history_type, str(row.history_user or ""), row.history_change_reason) for row in history.all()]


def test_every_change_of_the_configuration_is_kept_with_who_and_why(operator):
    factories.world()
    save(
        operator,
        "incentives/sharedlimit/add/",
        code="day",
        document='{"every": "day", "times": 3}',
        why="Too many votes.",
    )
    save(operator, "incentives/lookuptable/add/", code="worth", rows='{"*": "1"}', why="By topic.")
    points = Currency.objects.get(code="points")
    save(
        operator, f"incentives/currency/{points.pk}/change/", names='{"en": "Leaves"}', expiry="{}", debt_limit="0",
        deduct_floor="0", why="The members chose the name.",
    )  # fmt: skip

    assert told(SharedLimit.history) == [("+", "operator", "Too many votes.")]
    assert told(LookupTable.history) == [("+", "operator", "By topic.")]
    assert told(Currency.history)[0] == ("~", "operator", "The members chose the name.")
    assert [row.names for row in Currency.history.filter(code="points")] == [{"en": "Leaves"}, {"en": "Points"}]
    page = operator.get(f"/admin/incentives/currency/{points.pk}/history/").content.decode()
    assert "The members chose the name." in page
    assert "operator" in page


def test_tiers_are_kept_with_their_ladder(operator):
    factories.world()
    ladder = factories.ladder(bronze=0)
    tier = Tier.objects.get()
    given = {
        "code": "growth", "names": '{"en": "Laurels"}', "metric": "balance:growth", "why": "Softer.",
        "window": "lifetime", "rises": "at_once", "falls": "never", "grace_days": 0,
        "tiers-0-demands": "[]", "tiers-0-duties": "[]", "tiers-TOTAL_FORMS": 1, "tiers-INITIAL_FORMS": 1,
        "tiers-0-id": tier.pk, "tiers-0-ladder": ladder.pk, "tiers-0-code": "bronze",
        "tiers-0-names": '{"en": "Bronze"}', "tiers-0-threshold": 5,
    }  # fmt: skip
    shown = operator.post(f"/admin/members/ladder/{ladder.pk}/change/", given).context["preview"]
    save(operator, f"members/ladder/{ladder.pk}/change/", **given, _confirmed=shown.fingerprint)

    assert [(row.threshold, str(row.history_user or "")) for row in Tier.history.all()] == [(5, "operator"), (0, "")]
    assert told(Ladder.history)[0] == ("~", "operator", "Softer.")


def test_a_key_is_kept_without_its_hash_and_what_the_api_changes_with_the_keys_name(operator, client_of):
    save(operator, "members/apikey/add/", name="Shop", scopes=["members:write"], why="The shop moves.")
    made = ApiKey.history.first()
    assert (made.name, made.scopes, made.history_change_reason) == ("Shop", ["members:write"], "The shop moves.")
    assert not hasattr(made, "hashed_key")

    client_of("members:write").put("/api/v1/members/ada", {"display_name": "Ada"}, format="json")

    assert told(Member.history) == [("+", "", "API key test")]


def test_the_steps_of_a_rule_are_kept_with_who_and_why(operator):
    factories.world()
    version = factories.rule({"then": [award(5)]})

    operator.post(
        f"/admin/incentives/ruleversion/{version.pk}/pause/", {"_form_submitted": "on", "reason": "The budget."}
    )

    kept = LogEntry.objects.get()
    assert (str(kept.user), kept.change_message) == ("operator", "post v1 rests. The budget.")
    assert "The budget." in operator.get(f"/admin/incentives/ruleversion/{version.pk}/history/").content.decode()


def test_a_rule_tells_who_published_it_and_how_it_differs_from_the_version_before(operator):
    factories.world()
    factories.rule({"then": [award(5)]})
    operator.post(
        "/admin/incentives/ruleversion/add/",
        {"text": "code: post\nwhen: content.published\nthen:\n- {do: award, currency: points, amount: 8}\n"},
    )
    draft = RuleVersion.objects.get(state="draft")
    operator.post(f"/admin/incentives/ruleversion/{draft.pk}/publish/", {"_form_submitted": "on", "reason": ""})

    page = operator.get(f"/admin/incentives/ruleversion/{draft.pk}/change/")

    assert [change for change in page.context["changes"] if change[0] != " "] == [
        ("-", "  amount: 5"),
        ("+", "  amount: 8"),
    ]
    assert "published by operator" in page.content.decode()


def test_checking_a_text_keeps_nothing(operator):
    factories.world()

    answer = operator.post(
        "/admin/incentives/ruleversion/check/", {"text": "code: x\nwhen: content.publishd\nthen: []\n"}
    )

    assert "Line 3, column 1:" in answer.content.decode()
    assert RuleVersion.objects.count() == 0


def test_the_desk_speaks_chinese(operator):
    operator.cookies["django_language"] = "zh-hans"

    page = operator.get("/admin/").content.decode()

    for words in ("成员", "规则", "积分", "运行", "配置", "访问权限", "死信"):
        assert words in page, words
