"""The four roles: what each may and may not do, asked of the admin itself."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.test import Client

from config import roles
from incentives.models import Entry, Journal, RuleVersion
from members.models import DeadLetter, Event, Member
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db
ALL = (roles.VIEWER, roles.COMMUNITY, roles.FINANCE, roles.ADMINISTRATOR)
DRAFT = "code: mine\nwhen: content.published\nthen:\n- {do: award, currency: points, amount: 5}\n"


@pytest.fixture
def community():
    factories.world()
    ada = factories.MemberFactory(ref="ada")
    factories.rule({"then": [award(10)]})
    factories.report(item("e1", "ada"), item("e2", "ada"))
    factories.judge()
    event = Event.objects.get(key__external_id="e2")
    DeadLetter.objects.create(event=event, error="ValueError: no", attempts=3, failed_at=datetime.now(UTC))
    return ada


def client_in(role):
    user = get_user_model().objects.create_user(f"a {role}", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


def may(answer):
    """Whether the admin did it, or at least showed the way; 403 means it refused."""
    assert answer.status_code in (200, 204, 302, 403, 404), answer.status_code
    return answer.status_code not in (403, 404)


# What is asked for, and which roles may.
LOOKS = [
    ("members/member/", ALL),
    ("members/member/{ada}/change/", ALL),
    ("members/event/", ALL),
    ("members/deadletter/", ALL),
    ("members/rejection/", ALL),
    ("incentives/ruleversion/", ALL),
    ("incentives/currency/", ALL),
    ("django_celery_beat/periodictask/", ALL),
    ("incentives/journal/", (roles.VIEWER, roles.FINANCE, roles.ADMINISTRATOR)),
    ("incentives/entry/", (roles.VIEWER, roles.FINANCE, roles.ADMINISTRATOR)),
    ("incentives/account/", (roles.VIEWER, roles.FINANCE, roles.ADMINISTRATOR)),
    ("incentives/lot/", (roles.VIEWER, roles.FINANCE, roles.ADMINISTRATOR)),
    ("incentives/hold/", (roles.VIEWER, roles.FINANCE, roles.ADMINISTRATOR)),
    ("incentives/pendingaward/", (roles.VIEWER, roles.FINANCE, roles.ADMINISTRATOR)),
    ("members/member/{ada}/adjust/", (roles.FINANCE, roles.ADMINISTRATOR)),
    ("members/member/add/", (roles.COMMUNITY, roles.ADMINISTRATOR)),
    ("members/memberimport/", ALL),
    ("members/eventimport/", ALL),
    ("members/eventimport/import/", (roles.ADMINISTRATOR,)),
    ("members/member/import/", (roles.COMMUNITY, roles.ADMINISTRATOR)),
    ("members/member/export/", (roles.COMMUNITY, roles.ADMINISTRATOR)),
    ("members/member/{ada}/status/", (roles.COMMUNITY, roles.ADMINISTRATOR)),
    ("members/member/{ada}/merge/", (roles.ADMINISTRATOR,)),
    ("members/member/{ada}/erase/", (roles.ADMINISTRATOR,)),
    ("members/attributedefinition/add/", (roles.ADMINISTRATOR,)),
    ("members/violation/", ALL),
    ("members/member/{ada}/violation/", (roles.COMMUNITY, roles.ADMINISTRATOR)),
    ("members/communityrules/add/", (roles.ADMINISTRATOR,)),
    ("incentives/ruleversion/add/", (roles.COMMUNITY, roles.ADMINISTRATOR)),
    ("incentives/sharedlimit/add/", (roles.COMMUNITY, roles.ADMINISTRATOR)),
    ("incentives/currency/add/", (roles.ADMINISTRATOR,)),
    ("members/ladder/add/", (roles.ADMINISTRATOR,)),
    ("members/source/add/", (roles.ADMINISTRATOR,)),
    ("members/eventtype/add/", (roles.ADMINISTRATOR,)),
    ("members/apikey/", (roles.ADMINISTRATOR,)),
    ("members/apikey/add/", (roles.ADMINISTRATOR,)),
    ("auth/user/", (roles.ADMINISTRATOR,)),
    ("auth/user/add/", (roles.ADMINISTRATOR,)),
    ("auth/group/", (roles.ADMINISTRATOR,)),
]


@pytest.mark.parametrize("role", ALL)
@pytest.mark.parametrize(("path", "allowed"), LOOKS, ids=[path for path, _ in LOOKS])
def test_a_role_sees_what_it_needs_and_nothing_else(community, role, path, allowed):
    answer = client_in(role).get(f"/admin/{path.format(ada=community.pk)}")

    assert may(answer) is (role in allowed)


@pytest.mark.parametrize("role", ALL)
def test_writing_and_publishing_a_rule_is_for_community_operators(community, role):
    client = client_in(role)
    allowed = role in (roles.COMMUNITY, roles.ADMINISTRATOR)

    written = client.post("/admin/incentives/ruleversion/add/", {"text": DRAFT})
    draft = RuleVersion.objects.filter(rule__code="mine").first()
    assert (draft is not None) is allowed
    assert may(written) is allowed
    live = RuleVersion.objects.get(rule__code="post")
    client.post(
        f"/admin/incentives/ruleversion/{live.pk}/pause/",
        {"_form_submitted": "on", "reason": "A test.", "emergency": "mistake"},
    )
    live.refresh_from_db()

    assert (live.state == "paused") is allowed


@pytest.mark.parametrize("role", ALL)
def test_adjusting_points_is_for_finance(community, role):
    from incentives.models import Currency

    client = client_in(role)
    before = Journal.objects.count()
    given = {"currency": Currency.objects.get(code="points").pk, "amount": "5", "reason": "A prize.", "token": "t"}

    client.post(f"/admin/members/member/{community.pk}/adjust/", given)

    assert (Journal.objects.count() > before) is (role in (roles.FINANCE, roles.ADMINISTRATOR))


@pytest.mark.parametrize("role", ALL)
def test_changing_a_member_and_a_dead_letter_is_for_community_operators(community, role):
    client = client_in(role)
    allowed = role in (roles.COMMUNITY, roles.ADMINISTRATOR)
    given = {
        "ref": "ada", "display_name": "Ada L.", "status": "active", "joined_at_0": "2026-01-01", "joined_at_1": "00:00:00",
        "age_band": "adult", "attributes": "{}", "why": "She asked for it.",
    }  # fmt: skip

    client.post(f"/admin/members/member/{community.pk}/change/", given)
    letter = DeadLetter.objects.get()
    client.post(f"/admin/members/deadletter/{letter.pk}/dismiss/", {"_form_submitted": "on", "reason": ""})

    assert (Member.objects.get(pk=community.pk).display_name == "Ada L.") is allowed
    assert (DeadLetter.objects.get().state == "dismissed") is allowed


@pytest.mark.parametrize("role", ALL)
@pytest.mark.parametrize(
    "model", ["account", "entry", "journal", "lot", "hold", "pendingaward", "judgement", "badgegrant"]
)
def test_nobody_adds_changes_or_deletes_what_the_books_hold(community, role, model):
    client = client_in(role)
    row = Entry.objects.first()
    counts = Entry.objects.count(), Journal.objects.count()

    answers = [
        client.post(f"/admin/incentives/{model}/add/", {"amount": "1"}),
        client.post(f"/admin/incentives/{model}/{row.pk}/change/", {"amount": "1000"}),
        client.post(f"/admin/incentives/{model}/{row.pk}/delete/", {"post": "yes"}),
        client.post(
            f"/admin/incentives/{model}/", {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
        ),
    ]

    assert {answer.status_code for answer in answers} <= {302, 403, 404, 200}
    assert 403 in {answer.status_code for answer in answers}
    row.refresh_from_db()
    assert (Entry.objects.count(), Journal.objects.count()) == counts
    assert row.amount == 10


def test_putting_the_roles_in_place_again_changes_nothing_and_takes_back_what_was_added_by_hand():
    before = {group.name: set(group.permissions.values_list("pk", flat=True)) for group in Group.objects.all()}
    viewer = Group.objects.get(name=roles.VIEWER)
    viewer.permissions.add(Permission.objects.get(codename="add_journal"))
    Group.objects.create(name="an installation's own")

    roles.furnish_roles()
    roles.furnish_roles()

    after = {group.name: set(group.permissions.values_list("pk", flat=True)) for group in Group.objects.all()}
    assert set(before) == set(ALL)
    assert after == {**before, "an installation's own": set()}


def test_a_step_is_never_taken_by_following_a_link(community):
    """Another site can send a logged-in operator to an address; only the dialog's button acts."""
    client = client_in(roles.ADMINISTRATOR)
    live = RuleVersion.objects.get(rule__code="post")

    for step in ("pause", "retire", "publish"):
        assert client.get(f"/admin/incentives/ruleversion/{live.pk}/{step}/").status_code == 200
    client.get(f"/admin/members/deadletter/{DeadLetter.objects.get().pk}/dismiss/")

    live.refresh_from_db()
    assert live.state == "live"
    assert DeadLetter.objects.get().state == "waiting"
