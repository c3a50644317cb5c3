"""Operators who are bound to spaces: what each list, address, step and form lets them see and do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group as Role
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from activities.domain import registering
from activities.domain.proposals import proposing
from activities.models import Activity, Proposal, Registration
from config import roles
from incentives.domain.missing import cases
from incentives.domain.missing.finding import Asked
from incentives.models import BadgeGrant, Case, Privilege, PrivilegeGrant, PrivilegeUse
from members.admin.within import Bounded
from members.domain.needs import posting
from members.domain.spaces.bounds import spaces_seen_by
from members.models import (
    Acquaintance,
    Appointment,
    CommunityRules,
    Content,
    Cultivation,
    Event,
    Freeze,
    Greeter,
    Invitation,
    Leave,
    Member,
    Need,
    Newcomer,
    Referral,
    Report,
    Source,
    Space,
    SpaceMember,
    SpaceOperator,
    Violation,
    ViolationKind,
)
from members.models import (
    Role as Responsibility,
)
from tests import factories
from tests.factories import item

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _world():
    """Ada is in the circle, Bo in the choir; each has one of everything."""
    factories.world()
    now = timezone.now()
    host = Responsibility.objects.create(code="helper")
    kind = ViolationKind.objects.create(code="insult")
    pin = Privilege.objects.create(code="pin")
    for ref, name in (("ada", "circle"), ("bo", "choir")):
        space = Space.objects.create(ref=name, state="open")
        member = factories.MemberFactory(ref=ref, age_band="adult", birthday=f"{now:%m-%d}")
        SpaceMember.objects.create(space=space, member=member, state="in", asked_at=now, joined_at=now)
        factories.report(item(f"post-{ref}", ref, space=name))
        common = {"kind": kind, "member": member, "happened_at": now, "recorded_at": now, "strikes": 1,
                  "strikes_until": now, "consequence": "warning"}  # fmt: skip
        Violation.objects.create(**common, state="appealed", appealed_at=now)
        held = Violation.objects.create(**common, needs_person=True)
        other = factories.MemberFactory(ref=f"other-of-{ref}")
        Report.objects.create(reporter=other, subject=member, reported_at=now)
        Freeze.objects.create(
            member=member, violation=held, what="earning", begins_at=now, ends_at=now + timedelta(days=2)
        )
        code = Invitation.objects.create(code=f"CODE{ref}", inviter=other, space=space)
        Referral.objects.create(member=member, inviter=other, invitation=code, joined_at=now, state="review")
        Acquaintance.objects.create(member=member, known=3)
        Newcomer.objects.create(member=member, joined_at=now - timedelta(hours=5), hello_at=now - timedelta(hours=3))
        Greeter.objects.create(member=member)
        Appointment.objects.create(member=member, role=host, space=space, starts_at=now)
        Cultivation.objects.create(member=member, since=now)
        Leave.objects.create(member=member, ends_at=now + timedelta(days=9), reason="Away.")
        PrivilegeUse.objects.create(
            privilege=pin, member=member, key=ref.encode(), state="booked", used_at=now, due_at=now
        )
        PrivilegeGrant.objects.create(privilege=pin, member=member, granted_at=now)
        BadgeGrant.objects.create(member_id=member.pk, badge=factories.badge(f"badge-{ref}"), granted_at=now)
        Content.objects.create(author=member, source=Source.objects.get(code="app"), external_id=f"c-{ref}")
        posting.post(asker=member, words=f"A lens for {ref}.", kind="tools", until=now + timedelta(days=9), now=now)
        case, _ = cases.open_case(member=member, asked=Asked(now), text="Missing.", now=now, actor="member")
        evening = factories.announced(ref, space=space, speaker=member)
        registering.register(activity_id=evening.pk, member=member, now=now)
        proposing.propose(proposer=member, title=f"By {ref}", words="Words.", now=now, space=space)
        if case.due_at is None:
            cases.reopen(case_id=case.pk, member_id=member.pk, text="", now=now)


def one(ref):
    return Member.objects.get(ref=ref)


def operator(*spaces, role=roles.ADMINISTRATOR, **more):
    user = get_user_model().objects.create_user(f"op{get_user_model().objects.count()}", is_staff=True, **more)
    user.groups.add(Role.objects.get(name=role))
    for ref in spaces:
        SpaceOperator.objects.create(user=user, space=Space.objects.get(ref=ref))
    return user


def desk(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def bound():
    return desk(operator("circle"))


# Each list with how a row leads to whom it is about.
LISTS = [
    ("members/member/", Member, "ref"),
    ("members/spacemember/", SpaceMember, "member__ref"),
    ("members/appointment/", Appointment, "member__ref"),
    ("members/cultivation/", Cultivation, "member__ref"),
    ("members/greeter/", Greeter, "member__ref"),
    ("members/newcomer/", Newcomer, "member__ref"),
    ("members/acquaintance/", Acquaintance, "member__ref"),
    ("members/violation/", Violation, "member__ref"),
    ("members/report/", Report, "subject__ref"),
    ("members/freeze/", Freeze, "member__ref"),
    ("members/referral/", Referral, "member__ref"),
    ("members/leave/", Leave, "member__ref"),
    ("members/content/", Content, "author__ref"),
    ("members/need/", Need, "asker__ref"),
    ("members/event/", Event, "member__ref"),
    ("incentives/case/", Case, "member__ref"),
    ("incentives/privilegeuse/", PrivilegeUse, "member__ref"),
    ("incentives/privilegegrant/", PrivilegeGrant, "member__ref"),
    ("activities/activity/", Activity, "code"),
    ("activities/registration/", Registration, "member__ref"),
    ("activities/proposal/", Proposal, "proposer__ref"),
]
IDS = [path for path, _model, _to in LISTS]


@pytest.mark.parametrize(("path", "model", "to"), LISTS, ids=IDS)
def test_a_list_and_its_addresses_hold_a_bound_operator_to_their_space(bound, path, model, to):
    others = model.objects.filter(**{to: "bo"})
    rows = bound.get(f"/admin/{path}").context["cl"].queryset

    assert set(rows.values_list(to, flat=True)) == {"ada"}
    assert bound.get(f"/admin/{path}?q=bo").context["cl"].queryset.count() == 0
    assert bound.get(f"/admin/{path}{rows[0].pk}/change/").status_code == 200
    for step in ("change/", "history/", "delete/"):
        assert bound.get(f"/admin/{path}{others[0].pk}/{step}").status_code in (403, 404)
    unbound = desk(operator()).get(f"/admin/{path}").context["cl"].queryset
    assert set(unbound.values_list(to, flat=True)) >= {"ada", "bo"}


def test_the_page_of_a_space_is_seen_by_its_operators_only(bound):
    circle, choir = Space.objects.get(ref="circle"), Space.objects.get(ref="choir")

    assert [space.ref for space in bound.get("/admin/members/space/").context["cl"].queryset] == ["circle"]
    assert bound.get(f"/admin/members/space/{circle.pk}/change/").status_code == 200
    assert bound.get(f"/admin/members/space/{choir.pk}/change/").status_code == 404
    assert bound.post("/admin/members/space/add/", {"ref": "new", "state": "open"}).status_code == 403


def test_whoever_sees_to_two_spaces_sees_both_and_whoever_has_left_is_seen_no_more():
    both = desk(operator("circle", "choir"))
    assert set(both.get("/admin/members/member/").context["cl"].queryset.values_list("ref", flat=True)) == {"ada", "bo"}

    SpaceMember.objects.filter(member__ref="bo").update(state="left", left_at=timezone.now())

    assert set(both.get("/admin/members/member/").context["cl"].queryset.values_list("ref", flat=True)) == {"ada"}


@pytest.mark.parametrize(
    ("path", "action", "model", "to"),
    [
        ("members/spacemember/", "let_out", SpaceMember, "member__ref"),
        ("members/leave/", "end", Leave, "member__ref"),
        ("members/report/", "dismiss", Report, "subject__ref"),
    ],
)
def test_an_action_reaches_only_rows_of_the_space(bound, path, action, model, to):
    mine, others = model.objects.get(**{to: "ada"}), model.objects.get(**{to: "bo"})

    for each in (mine, others):
        bound.post(f"/admin/{path}", {"action": action, "_selected_action": [each.pk]})

    def row(each):
        return model.objects.filter(pk=each.pk).values().get()

    before = {name: getattr(others, name) for name in row(others)}
    assert row(others) == before
    assert row(mine) != {name: getattr(mine, name) for name in before}


def test_a_step_on_a_member_of_another_space_is_not_taken(bound):
    form = {"_form_submitted": "on", "status": "suspended", "reason": "No."}
    bo = one("bo")

    for step in ("status", "merge", "erase", "adjust", "violation"):
        assert bound.post(f"/admin/members/member/{bo.pk}/{step}/", form).status_code in (403, 404)
    # Merging reaches beyond one member.
    assert bound.post(f"/admin/members/member/{one('ada').pk}/merge/", {**form, "ref": "bo"}).status_code == 403
    assert one("bo").status == "active"


def test_steps_over_whole_lists_are_for_whoever_sees_all_of_them(bound):
    for path in ("members/member/export/", "members/member/import/", "members/member/add/"):
        assert bound.get(f"/admin/{path}").status_code == 403


def test_a_form_offers_and_takes_only_whom_one_sees(bound):
    circle, choir = Space.objects.get(ref="circle"), Space.objects.get(ref="choir")
    path = "/admin/members/spacemember/add/"

    assert list(bound.get(path).context["adminform"].form.fields["space"].queryset) == [circle]
    for space, member in ((circle, one("bo")), (choir, one("ada"))):
        shown = bound.post(path, {"space": space.pk, "member": member.pk})
        assert shown.status_code == 200
        assert shown.context["adminform"].form.errors

    assert SpaceMember.objects.count() == 2


def test_nobody_who_is_bound_appoints_for_everywhere(bound):
    helper, now = Responsibility.objects.get(), timezone.localtime()
    given = {"role": helper.pk, "member": one("ada").pk, "starts_at_0": f"{now:%Y-%m-%d}", "starts_at_1": "12:00"}

    shown = bound.post("/admin/members/appointment/add/", given)

    assert "space" in shown.context["adminform"].form.errors
    assert Appointment.objects.count() == 2


def test_a_helper_is_proposed_from_the_space_only(bound):
    need = Need.objects.get(asker__ref="ada")
    said = bound.post(
        f"/admin/members/need/{need.pk}/propose/", {"_form_submitted": "on", "ref": "bo", "reason": ""}, follow=True
    )

    assert said.status_code == 200
    assert need.candidates.count() == 0


HIDDEN = [
    "incentives/journal/", "incentives/account/", "incentives/correction/", "incentives/campaign/",
    "incentives/ruleversion/", "incentives/budgetalarm/", "members/connection/", "members/introduction/",
    "members/segment/", "members/memberimport/", "members/eventimport/", "members/deadletter/", "members/partner/",
    "members/apikey/", "members/gameturn/", "auth/user/", "auth/group/", "members/messagetemplate/",
]  # fmt: skip


@pytest.mark.parametrize("path", HIDDEN)
def test_what_has_no_space_is_not_seen(bound, path):
    assert bound.get(f"/admin/{path}").status_code == 403
    assert desk(operator()).get(f"/admin/{path}").status_code == 200


def test_what_holds_everywhere_is_looked_at_and_changed_by_nobody_who_is_bound(bound):
    rules = CommunityRules.objects.create(number=1, published_at=timezone.now())
    path = f"/admin/members/communityrules/{rules.pk}/change/"

    assert bound.get("/admin/members/violationkind/").status_code == 200
    assert bound.get(path).status_code == 200
    assert bound.post(path, {"number": 2}).status_code == 403


def test_the_sidebar_and_the_start_page_name_only_what_is_seen(bound):
    page = bound.get("/admin/").content.decode()

    assert "/admin/incentives/case/" in page
    assert "/admin/incentives/journal/" not in page
    assert "/admin/auth/user/" not in page
    assert "/admin/incentives/journal/" in desk(operator()).get("/admin/").content.decode()


def test_today_shows_and_gives_only_what_waits_in_the_space(bound):
    for name in ("circle", "choir"):
        waiting = factories.MemberFactory(ref=f"at-{name}")
        SpaceMember.objects.create(
            space=Space.objects.get(ref=name), member=waiting, state="waiting", asked_at=timezone.now()
        )
    parts = bound.get("/admin/").context["today"].parts
    members = {line.entry.member_id for part in parts for line in part.lines}
    assert {part.group.kind for part in parts} == {
        "case", "appeal", "violation", "report", "referral", "booking", "newcomer", "birthday", "near", "line"
    }  # fmt: skip
    assert members == {one("ada").pk, one("at-circle").pk}

    case = Case.objects.get(member__ref="bo")
    said = bound.post("/admin/today/item/", {"kind": "case", "id": case.pk, "do": "take"}, follow=True).content.decode()
    assert "This is done already." in said


def test_nothing_is_given_to_a_colleague_who_does_not_see_it():
    all_of_it, ines = desk(operator()), operator("circle", first_name="Ines")
    case = Case.objects.get(member__ref="bo")

    given = {"kind": "case", "id": case.pk, "do": "assign", "to": ines.pk}
    assert "may not see to this" in all_of_it.post("/admin/today/item/", given, follow=True).content.decode()
    handed = all_of_it.post("/admin/today/hand-over/", {"to": ines.pk}, follow=True).content.decode()
    assert "Ines sees to some spaces only; give them things one by one." in handed
    mine = {**given, "id": Case.objects.get(member__ref="ada").pk}
    assert "It is with Ines now." in all_of_it.post("/admin/today/item/", mine, follow=True).content.decode()


def test_whoever_may_change_users_but_is_bound_hands_over_only_their_own(bound):
    other = operator()

    assert bound.post("/admin/today/hand-over/", {"from": other.pk, "to": other.pk}).status_code in (302, 403)
    third = operator()
    assert bound.post("/admin/today/hand-over/", {"from": other.pk, "to": third.pk}).status_code == 403


def test_a_superuser_is_bound_by_nothing_and_being_bound_is_asked_once_a_request():
    chief = operator("circle", is_superuser=True)
    ines = get_user_model().objects.get(pk=operator("circle", "choir").pk)

    assert spaces_seen_by(chief) is None
    with CaptureQueriesContext(connection) as asked:
        assert spaces_seen_by(ines) == spaces_seen_by(ines) == set(Space.objects.values_list("pk", flat=True))
    assert len(asked) == 2


def test_an_administrator_binds_an_operator_on_the_page_of_the_user():
    ines = operator()
    client = desk(operator())
    path = f"/admin/auth/user/{ines.pk}/change/"
    form = client.get(path).context["adminform"].form
    data = {name: value for name, value in form.initial.items() if value is not None and name != "password"}
    circle = Space.objects.get(ref="circle")
    formset = {"TOTAL_FORMS": 1, "INITIAL_FORMS": 0, "MIN_NUM_FORMS": 0, "MAX_NUM_FORMS": 1000}
    prefix = client.get(path).context["inline_admin_formsets"][0].formset.prefix
    data |= {f"{prefix}-{name}": value for name, value in formset.items()}
    data |= {f"{prefix}-0-space": circle.pk, f"{prefix}-0-user": ines.pk, f"{prefix}-0-id": ""}
    data["groups"] = [group.pk for group in ines.groups.all()]
    joined = timezone.localtime(ines.date_joined)
    data |= {"date_joined_0": f"{joined:%Y-%m-%d}", "date_joined_1": f"{joined:%H:%M:%S}"}

    client.post(path, data)

    assert str(SpaceOperator.objects.get(user=ines)) == f"{ines.pk} in {circle.pk}"


def test_every_list_of_ours_says_what_bound_operators_see_of_it(bound):
    """A list that says nothing is hidden; one that says something can be opened."""
    for model, shown in admin.site._registry.items():
        if isinstance(shown, Bounded):
            path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
            assert bound.get(path).status_code == (200 if shown.within.is_seen else 403), path
        else:
            pytest.fail(f"{model} is bound by nothing")
