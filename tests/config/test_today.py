"""Today: what waits for the team, who does it until when, and that nothing stays that is done."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group as Role
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from activities.domain import promises, registering
from activities.domain.orders import paying
from config import roles
from config.today.groups import GROUPS
from config.today.registry import FOUND_MAX
from incentives.domain.erasing import erase
from incentives.domain.missing import cases
from incentives.domain.missing.finding import Asked
from incentives.domain.privileges import fulfilling
from incentives.models import BudgetAlarm, Case, Correction, Privilege, PrivilegeUse
from members.domain import work_items
from members.domain.conduct import reports
from members.domain.work_items import Thing
from members.models import (
    Acquaintance,
    DeadLetter,
    Event,
    GrowthWindow,
    Invitation,
    Member,
    Newcomer,
    Referral,
    Report,
    Space,
    SpaceMember,
    Violation,
    ViolationKind,
    WorkItem,
)
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _world():
    factories.world()
    factories.MemberFactory(ref="ada")


def staff(name, role=roles.COMMUNITY):
    user = get_user_model().objects.create_user(name, is_staff=True)
    user.groups.add(Role.objects.get(name=role))
    return user


def desk(user):
    client = Client()
    client.force_login(user)
    return client


def act(client, kind, object_id, do, **more):
    return client.post("/admin/today/item/", {"kind": kind, "id": object_id, "do": do, **more})


def today(client, path="/admin/"):
    return client.get(path).context["today"]


def lines(client, kind, path="/admin/"):
    part = next((part for part in today(client, path).parts if part.group.kind == kind), None)
    return [(line.entry.object_id, line.assignee, line.note) for line in part.lines] if part else []


def ask(ref="ada", text="Something is missing.", now=None):
    member = Member.objects.get(ref=ref)
    now = now or timezone.now()
    case, _ = cases.open_case(member=member, asked=Asked(now), text=text, now=now, actor="member")
    if case.due_at is None:
        case = cases.reopen(case_id=case.pk, member_id=member.pk, text="", now=now)
    return case


def fill(number):
    """One thing of every kind."""
    now = timezone.now()
    factories.rule(
        {"code": f"soon{number}", "then": [award(1)], "schedule": {"until": (now + timedelta(days=3)).isoformat()}}
    )
    member, other = factories.MemberFactory(birthday=f"{now:%m-%d}"), factories.MemberFactory()
    factories.report(item(f"e{number}", member.ref))
    event = Event.objects.filter(member=member, type__code="content.published").get()
    DeadLetter.objects.create(event=event, error="ValueError: no", attempts=3, failed_at=now)
    pin, _ = Privilege.objects.get_or_create(code="pin")
    for state in ("waiting", "booked"):
        PrivilegeUse.objects.create(
            privilege=pin, member=member, key=f"{state}{number}".encode(), state=state, used_at=now, due_at=now
        )
    kind, _ = ViolationKind.objects.get_or_create(code="insult")
    common = {
        "kind": kind,
        "member": member,
        "happened_at": now,
        "recorded_at": now,
        "strikes": 1,
        "strikes_until": now,
    }
    Violation.objects.create(**common, consequence="warning", state="appealed", appealed_at=now)
    Violation.objects.create(**common, consequence="warning", needs_person=True)
    Report.objects.create(reporter=member, subject=other, reported_at=now)
    code = Invitation.objects.create(code=f"CODE{number}", inviter=other)
    Referral.objects.create(member=member, inviter=other, invitation=code, joined_at=now, state="review")
    Acquaintance.objects.create(member=member, known=3)
    Newcomer.objects.create(member=member, joined_at=now - timedelta(hours=5), hello_at=now - timedelta(hours=3))
    space, _ = Space.objects.get_or_create(ref="circle", defaults={"state": "open", "capacity": 1})
    SpaceMember.objects.create(space=space, member=member, state="waiting", asked_at=now)
    over = now - timedelta(days=4)
    factories.activity(f"past{number}", state="finished", starts_at=over - timedelta(hours=2), finished_at=over)
    factories.activity(f"fair{number}", kind="brand", starts_at=now + timedelta(days=2), audience_expected=40)
    for week in range(13 if not number else 0):
        GrowthWindow.objects.create(
            ends_on=now.date() - timedelta(weeks=week), base=80, senders=9, sent=90, joined=40 if week else 10,
            measured_at=now,
        )  # fmt: skip
    BudgetAlarm.objects.create(limit=f"post:{number}", period=0, used=8, of=10, reached_at=now)
    Correction.objects.create(
        found_by="refs", act="add", reason="Thank you.", state="waiting", members=1, created_at=now,
        created_by=staff(f"maker {number}"),
    )  # fmt: skip
    ask(member.ref)
    money_to_move(number)


def money_to_move(number):
    """A refund that a person has to pay, and an order that is paid in part."""
    activity, now = factories.announced(f"evening-{number}", money="EUR"), timezone.now()
    factories.ticket(activity)
    for each in (factories.MemberFactory(age_band="adult"), factories.MemberFactory(age_band="adult")):
        order = registering.register(activity_id=activity.pk, member=each, now=now)[0].order
        paying.pay(order_id=order.pk, provider="offline", ref=each.ref, amount=500, money="EUR", at=now, now=now)
    registering.cancel(registration_id=order.registration_id, now=now)


def test_the_page_asks_the_same_for_one_thing_of_each_kind_and_for_three(monkeypatch):
    # Whatever day it is.
    monkeypatch.setattr(promises, "LOOKED_AT_FROM_DAY", 1)
    client = desk(get_user_model().objects.create_superuser("operator"))

    def queries():
        with CaptureQueriesContext(connection) as asked:
            parts = today(client).parts
        assert {part.group.kind for part in parts} == {group.kind for group in GROUPS}
        # Of the standing alarm, and of a month, there is one or none.
        return len(asked), {part.count for part in parts if part.group.kind not in ("growth", "rhythm")}

    fill(0)
    queries()
    one = queries()
    fill(1)
    fill(2)
    three = queries()

    # One for each kind, and one for what the team has said about all of them; the rest is the frame of every page.
    with CaptureQueriesContext(connection) as found:
        for group in GROUPS:
            group.found(timezone.now(), None)
        work_items.items_of(group.kind for group in GROUPS)
    assert (one[1], three[1], three[0] - one[0], len(found)) == ({1}, {3}, 0, len(GROUPS) + 1)


def test_a_thing_is_taken_noted_and_rests_and_vanishes_when_it_is_done():
    case = ask()
    ines = staff("ines")
    client = desk(ines)
    due = timezone.localtime() + timedelta(days=2)

    act(client, "case", case.pk, "take")
    act(client, "case", case.pk, "note", note="Asked the forum.", due=f"{due:%Y-%m-%dT%H:%M}")
    assert lines(client, "case") == [(case.pk, "ines", "Asked the forum.")]
    assert lines(client, "case", "/admin/?mine=1") == [(case.pk, "ines", "Asked the forum.")]
    assert f"{timezone.localtime(WorkItem.objects.get().due_at):%Y-%m-%dT%H:%M}" == f"{due:%Y-%m-%dT%H:%M}"

    act(client, "case", case.pk, "rest", hours="4")
    (part,) = today(client).parts
    assert (part.lines, part.resting) == ([], 1)
    act(client, "case", case.pk, "rest", hours="")
    assert len(lines(client, "case")) == 1

    cases.answer(case_id=case.pk, words="Here it is.", by="ines", now=timezone.now())
    assert today(client).parts == []
    act(client, "case", case.pk, "note", note="Too late.")
    assert WorkItem.objects.get().note == "Asked the forum."
    assert [str(row.history_user) for row in WorkItem.history.all()] == ["ines"] * 4


def test_the_most_urgent_stands_first_by_its_own_time_or_the_teams():
    first, second = ask(), ask(text="Another thing.")
    client = desk(staff("ines"))
    soon = timezone.localtime() + timedelta(minutes=5)

    act(client, "case", second.pk, "note", note="", due=f"{soon:%Y-%m-%dT%H:%M}")

    assert [pk for pk, *_ in lines(client, "case")] == [second.pk, first.pk]


def test_a_request_keeps_its_one_assignee_wherever_it_is_given():
    pin = Privilege.objects.create(code="pin")
    now = timezone.now()
    use = PrivilegeUse.objects.create(
        privilege=pin, member=Member.objects.get(), key=b"k", state="waiting", used_at=now, due_at=now
    )
    ines, jo = staff("ines"), staff("jo")
    client = desk(ines)

    act(client, "request", use.pk, "assign", to=jo.pk)
    assert PrivilegeUse.objects.get().assignee == jo
    fulfilling.assign(use_ids=[use.pk], to=ines)
    assert lines(client, "request") == [(use.pk, "ines", "")]

    client.post("/admin/today/hand-over/", {"to": jo.pk, "note": "I am away."})
    assert lines(client, "request") == [(use.pk, "jo", "I am away.")]


def test_handing_over_moves_what_the_colleague_may_do_with_a_note_and_leaves_the_rest():
    bo = factories.MemberFactory(ref="bo")
    case = ask()
    filed, _ = reports.report(
        reporter=Member.objects.get(ref="ada"), subject=bo, text="", about="x", now=timezone.now()
    )
    ines, jo, vi = staff("ines"), staff("jo"), staff("vi", roles.VIEWER)
    client = desk(ines)
    act(client, "case", case.pk, "take")
    act(client, "case", case.pk, "note", note="Half done.")
    act(client, "report", filed.pk, "take")

    answer = client.post("/admin/today/hand-over/", {"to": vi.pk}, follow=True)
    assert "vi may not see to these, so they stay: " in answer.content.decode()
    assert [assignee for _, assignee, _ in lines(client, "case")] == ["ines"]

    client.post("/admin/today/hand-over/", {"to": jo.pk, "note": "I am away."})
    assert lines(client, "case") == [(case.pk, "jo", "I am away. · Half done.")]
    assert lines(client, "report") == [(filed.pk, "jo", "I am away.")]

    # Others' things are moved by whoever may change users.
    assert client.post("/admin/today/hand-over/", {"from": jo.pk, "to": ines.pk}).status_code == 403
    desk(staff("root", roles.ADMINISTRATOR)).post("/admin/today/hand-over/", {"from": jo.pk, "to": ines.pk})
    assert [assignee for _, assignee, _ in lines(client, "case")] == ["ines"]


def test_a_role_sees_and_does_only_what_it_may():
    case = ask()
    viewer, finance = staff("vi", roles.VIEWER), staff("fin", roles.FINANCE)

    assert act(desk(viewer), "case", case.pk, "take").status_code == 403
    assert act(desk(finance), "case", case.pk, "take").status_code == 403
    assert act(desk(staff("ines")), "case", case.pk, "assign", to=viewer.pk).status_code == 302
    assert act(desk(staff("jo")), "nothing", case.pk, "take").status_code == 404
    assert act(Client(), "case", case.pk, "take").status_code == 302

    assert WorkItem.objects.count() == 0
    assert [part.may_act for part in today(desk(viewer)).parts] == [False]
    nobody = get_user_model().objects.create_user("nobody", is_staff=True)
    assert today(desk(nobody)).parts == []


@pytest.mark.parametrize(
    "given",
    [
        {"do": "note", "due": "tomorrow"}, {"do": "note", "due": "9999-12-31T23:59"}, {"do": "fly"}, {"id": "9" * 30, "do": "take"},
        {"id": "-1", "do": "take"}, {"id": "１", "do": "take"},
    ],
)  # fmt: skip
def test_what_cannot_be_meant_changes_nothing(given):
    case = ask()
    client = desk(staff("ines"))

    answer = client.post("/admin/today/item/", {"kind": "case", "id": case.pk, **given})

    assert answer.status_code in (302, 404)
    assert WorkItem.objects.count() == 0


def test_a_long_list_says_that_there_is_more():
    case = ask()
    Case.objects.bulk_create(
        Case(member_id=case.member_id, state="open", finding="nothing", happened_at=case.happened_at,
             opened_at=case.opened_at, asked_at=case.asked_at, due_at=case.due_at)
        for _ in range(FOUND_MAX + 5)
    )  # fmt: skip

    (part,) = today(desk(staff("ines"))).parts

    assert (part.count, part.is_more, len(part.lines)) == (FOUND_MAX, True, 6)


def test_what_was_noted_about_somebody_goes_with_them_and_what_is_old_with_time():
    ada, now = Member.objects.get(), timezone.now()
    work_items.describe(thing=Thing("near", ada.pk, ada.pk), note="Ada Lund likes rye.", due_at=None, now=now)
    work_items.snooze(thing=Thing("letter", 7), until=now, now=now - timedelta(days=91))

    assert [work_items.forget_old(now=now) for _ in range(2)] == [1, 0]
    erase(member_id=ada.pk, ref="ada", reason="They asked.", now=now)

    assert (WorkItem.objects.count(), WorkItem.history.count()) == (0, 0)


def test_whoever_waits_at_a_space_is_shown_with_their_place_and_until_when():
    now = timezone.now()
    circle = Space.objects.create(ref="circle", names={"en": "Reading circle"}, state="open", capacity=1)
    closed = Space.objects.create(ref="choir", state="closed")
    asked = {}
    for days, ref, space in ((2, "ada", circle), (9, "bo", circle), (3, "cy", closed), (1, "di", circle)):
        member = Member.objects.filter(ref=ref).first() or factories.MemberFactory(ref=ref)
        asked[ref] = SpaceMember.objects.create(
            space=space, member=member, state="waiting", asked_at=now - timedelta(days=days)
        )
    Member.objects.filter(ref="di").update(status="suspended")

    part = next(part for part in today(desk(staff("ines"))).parts if part.group.kind == "line")

    assert [(line.entry.title, line.entry.detail, line.due_at, line.is_late) for line in part.lines] == [
        ("Reading circle: bo", "number 1 in line", asked["bo"].asked_at + timedelta(days=7), True),
        ("Reading circle: ada", "number 2 in line", asked["ada"].asked_at + timedelta(days=7), False),
    ]
    shown = desk(staff("cleo")).get(part.lines[1].entry.url).context["cl"].queryset
    assert list(shown) == [asked["ada"]]
    asked["ada"].delete()
    assert len(lines(desk(staff("dara")), "line")) == 1


def test_a_month_without_an_activity_for_members_leads_to_the_planner_until_it_is_planned(monkeypatch):
    monkeypatch.setattr(promises, "LOOKED_AT_FROM_DAY", 1)
    factories.activity()
    client = desk(staff("ines"))

    (line,) = next(part for part in today(client).parts if part.group.kind == "rhythm").lines
    assert line.entry.url == "/admin/activities/activity/plan/"
    assert line.entry.title.endswith(" has no activity for members")
    act(client, "rhythm", line.entry.object_id, "take")
    assert lines(client, "rhythm") == [(line.entry.object_id, "ines", "")]

    month = timezone.localdate().replace(day=1) + timedelta(days=31)
    begins = timezone.now().replace(year=month.year, month=month.month, day=15)
    factories.activity("table", kind="member", starts_at=begins)
    assert lines(client, "rhythm") == []


def test_a_brand_activity_that_reaches_too_few_says_what_each_of_them_costs():
    ends = timezone.now() - timedelta(hours=3)
    factories.activity(
        "fair", kind="brand", state="finished", starts_at=ends - timedelta(hours=3), finished_at=ends, reach=40,
        money="EUR", cost=12_800, names={"en": "A fair"},
    )  # fmt: skip
    factories.activity("near", kind="brand", starts_at=timezone.now() + timedelta(days=2), audience_expected=9)
    client = desk(staff("ines"))

    found = next(part for part in today(client).parts if part.group.kind == "small").lines

    assert [(each.entry.title, each.entry.detail) for each in found] == [
        ("A fair", "40 people of at least 100 · 3.20 EUR for each"), ("An evening", "9 people of at least 100"),
    ]  # fmt: skip
