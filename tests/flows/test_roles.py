"""Responsibilities the whole way: appointed, served, told, good for rights and rules, and over by themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from incentives.domain.erasing import erase
from incentives.domain.ledger import queries
from incentives.domain.merging import merge
from incentives.domain.privileges import definitions
from incentives.domain.privileges.deciding import answers_of
from incentives.domain.program import BadProgram, apply_program
from incentives.models import Privilege, PrivilegeGround
from members.domain.roles import appointing
from members.models import Appointment, Cultivation, Event, Greeter, Member, Role, Space
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _world():
    factories.world()
    for ref in ("ada", "bo"):
        factories.MemberFactory(ref=ref)
    for code in ("host", "greeter"):
        Role.objects.create(code=code)
    Space.objects.create(ref="circle")


def one(ref):
    return Member.objects.get(ref=ref)


def appoint(ref="ada", role="host", where="circle", now=NOW, **more):
    space = Space.objects.get(ref=where) if where else None
    return appointing.appoint(member=one(ref), role=Role.objects.get(code=role), space=space, now=now, **more)


def told(ref="ada"):
    found = Event.objects.filter(member__ref=ref, type__code__startswith="role.").order_by("pk")
    return [event.type.code.removeprefix("role.") for event in found]


def points(ref):
    return {line.currency: int(line.available) for line in queries.balances(one(ref).pk)}.get("points", 0)


def test_an_app_appoints_a_host_and_ends_the_term_and_again_changes_nothing(client_of):
    client = client_of()
    path = "/api/v1/members/ada/roles/host"
    body = {"space": "circle", "operator": "Ines"}

    made = [client.put(path, body, format="json") for _ in range(2)]
    hosts = client.get("/api/v1/spaces/circle").json()["hosts"]
    held = client.get("/api/v1/members/ada/roles").json()
    elsewhere = client.delete(path).json()
    ended = [client.delete(f"{path}?space=circle").json() for _ in range(2)]

    assert [answer.status_code for answer in made] == [201, 200]
    assert (hosts, [(each["role"], each["appointed_by"]) for each in held]) == (["ada"], [("host", "Ines")])
    assert (elsewhere["ended"], [each["ended"] for each in ended]) == (False, [True, False])
    assert client.get("/api/v1/members/ada/roles").json() == []
    assert told() == ["appointed", "ended"]


def test_a_role_is_a_fact_for_rules_and_a_ground_for_a_privilege_until_its_hour():
    factories.rule({"if": "member.role_host", "then": [award(10)]})
    privilege = Privilege.objects.create(code="seat", quota=1)
    PrivilegeGround.objects.create(privilege=privilege, kind="role", role=Role.objects.get(code="host"))
    appoint(ends_at=NOW + DAY)

    def may(ref, now):
        (answer,) = answers_of(one(ref), definitions.read().values(), now=now)
        return answer.may, answer.why_not.code if answer.why_not is not None else ""

    factories.report(item("e1", "ada"), item("e2", "bo"))
    factories.judge()
    assert (points("ada"), points("bo")) == (10, 0)
    assert [may("ada", NOW), may("ada", NOW + DAY), may("bo", NOW)] == [
        (True, ""), (False, "role_missing"), (False, "role_missing"),
    ]  # fmt: skip

    assert [appointing.advance_appointments(now=NOW + DAY) for _ in range(2)] == [1, 0]
    factories.report(item("e3", "ada"))
    factories.judge()
    assert (points("ada"), told()) == (10, ["appointed", "ended"])


def test_a_term_begins_when_it_begins_is_prolonged_and_lasts_as_the_role_says():
    Role.objects.filter(code="host").update(term_days=30)
    made, is_new = appoint(starts_at=NOW + DAY)
    before = (is_new, made.ends_at, told(), list(appointing.in_force_of(one("ada"), NOW)))

    counts = [appointing.advance_appointments(now=NOW + n * DAY) for n in (0.5, 1, 1)]
    again, is_new_again = appoint(ends_at=NOW + 90 * DAY)

    assert before == (True, NOW + 31 * DAY, [], [])
    assert (counts, told()) == ([0, 1, 0], ["appointed"])
    assert (again.pk, is_new_again, again.ends_at) == (made.pk, False, NOW + 90 * DAY)
    # Overdue, and the job has not looked yet: the old term ends when it should have, and a new one begins.
    later, is_third = appoint(now=NOW + 100 * DAY)
    made.refresh_from_db()
    assert (is_third, made.ended_at, later.ends_at) == (True, NOW + 90 * DAY, NOW + 130 * DAY)
    assert told() == ["appointed", "ended", "appointed"]


@pytest.mark.parametrize(
    ("_case", "status", "active", "ends_at", "kind"),
    [
        ("suspended", "suspended", True, None, "may_not_serve"),
        ("out_of_use", "active", False, None, "role_not_in_use"),
        ("over_already", "active", True, NOW, "bad_term"),
    ],
)
def test_who_cannot_be_appointed(_case, status, active, ends_at, kind):
    Member.objects.filter(ref="ada").update(status=status)
    Role.objects.filter(code="host").update(is_active=active)

    with pytest.raises(appointing.CannotAppoint) as refused:
        appoint(ends_at=ends_at)

    assert (refused.value.kind, Appointment.objects.count(), told()) == (kind, 0, [])


def test_the_greeters_role_makes_a_greeter_and_its_last_end_switches_them_off():
    everywhere, _ = appoint(role="greeter", where=None)
    here, _ = appoint(role="greeter")
    Greeter.objects.update(open_max=2)

    appointing.end(appointment_id=everywhere.pk, now=NOW + DAY)
    between = Greeter.objects.get().is_active
    appointing.end(appointment_id=here.pk, now=NOW + 2 * DAY)
    after = Greeter.objects.get().is_active
    appoint(role="greeter", now=NOW + 3 * DAY)

    greeter = Greeter.objects.get()
    assert (between, after, greeter.is_active, greeter.open_max) == (True, False, True, 2)


def test_who_is_banned_serves_no_more_two_who_are_one_serve_once_and_the_erased_are_forgotten():
    appoint("bo")
    appoint("ada", now=NOW + DAY, ends_at=NOW + 9 * DAY)
    appoint("ada", role="greeter", where=None)
    Cultivation.objects.create(member=one("ada"), note="Kind.", since=NOW)

    merge(survivor_id=one("bo").pk, merged_id=one("ada").pk, now=NOW + 2 * DAY, reason="one person")
    serving = Appointment.objects.filter(member__ref="bo", ended_at__isnull=True)
    assert sorted(serving.values_list("role__code", "starts_at", "ends_at")) == [
        ("greeter", NOW, None), ("host", NOW, None),
    ]  # fmt: skip
    assert Cultivation.objects.get().member.ref == "bo"

    Member.objects.filter(ref="bo").update(status="banned")
    assert [appointing.advance_appointments(now=NOW + 3 * DAY) for _ in range(2)] == [2, 0]
    assert not serving.exists()
    erase(member_id=one("bo").pk, ref="bo", reason="asked", now=NOW + 4 * DAY)
    assert (Cultivation.objects.count(), Cultivation.history.count()) == (0, 0)


def test_operators_appoint_end_and_move_future_hosts_on_as_their_role_allows(client):
    operator = get_user_model().objects.create_superuser("operator", "", "x")
    client.force_login(operator)
    form = {"role": Role.objects.get(code="host").pk, "member": one("ada").pk, "space": Space.objects.get().pk}
    past = client.post("/admin/members/appointment/add/", {**form, "ends_at_0": "2020-01-01", "ends_at_1": "12:00"})
    client.post("/admin/members/appointment/add/", form)
    made = Appointment.objects.get()
    client.post("/admin/members/appointment/", {"action": "end", "_selected_action": [made.pk], "reason": "Moved."})
    client.post("/admin/members/cultivation/add/", {"member": one("bo").pk, "stage": "found", "note": "Kind."})
    board = Cultivation.objects.get()
    for act in ("move_on", "move_on", "let_rest", "move_on"):
        client.post("/admin/members/cultivation/", {"action": act, "_selected_action": [board.pk]})

    made.refresh_from_db()
    assert (past.status_code, made.appointed_by, made.ended_by, made.reason) == (200, "operator", "operator", "Moved.")
    stages = Cultivation.history.order_by("history_date", "history_id").values_list("stage", flat=True)
    assert list(stages) == ["found", "contacted", "trial", "resting", "found"]
    page = client.get("/admin/members/cultivation/").content.decode()
    assert "On the way" in page
    nobody = Client()
    nobody.force_login(get_user_model().objects.create_user("nobody", is_staff=True))
    assert nobody.get("/admin/members/cultivation/").status_code == 403


def test_files_put_spaces_and_responsibilities_in_place_once(tmp_path):
    (tmp_path / "spaces.yaml").write_text("circle: {names: {en: Circle}, capacity: 9}\nnew: {state: open}\n")
    (tmp_path / "roles.yaml").write_text("mentor: {names: {en: Mentor}, term_days: 90}\n")
    (tmp_path / "privileges.yaml").write_text("seat: {names: {en: Seat}, grounds: [{role: mentor}]}\n")

    first, again = (apply_program(folder=tmp_path, now=NOW) for _ in range(2))

    assert sorted(first.changed) == ["grounds of seat", "privilege seat", "role mentor", "space circle", "space new"]
    assert again.changed == []
    assert Space.objects.get(ref="circle").capacity == 9
    for name, text, words in (
        ("spaces.yaml", "circle: {state: asleep}", "state is one of forming, open, resting, closed"),
        ("spaces.yaml", '"a b": {}', "ref"),
        ("roles.yaml", "Host: {}", "code"),
        ("privileges.yaml", "seat: {grounds: [{role: mentr}]}", "mentor"),
    ):
        (tmp_path / name).write_text(text)
        with pytest.raises(BadProgram, match=words):
            apply_program(folder=tmp_path, now=NOW)
        (tmp_path / name).write_text("")
