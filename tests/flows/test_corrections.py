"""A correction through the admin: asked for, handed to a second operator, approved, done, and undone."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from config import roles
from incentives.domain.corrections import running
from incentives.models import Account, Correction
from members.domain.people.sheets import as_xlsx
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _world():
    factories.world()
    for ref in ("ada", "bo"):
        factories.MemberFactory(ref=ref)


def operator(name, role=roles.FINANCE):
    user = get_user_model().objects.create_user(name, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


def step(client, made, name, why=""):
    client.post(
        f"/admin/incentives/correction/{made.pk}/{name}/",
        {"reason": why, "_form_submitted": "1", "form_submitted": "1"},
    )
    running.carry_on()
    made.refresh_from_db()
    return made.state


def test_from_a_table_of_refs_to_points_and_back(client_of):
    ines, jo = operator("ines"), operator("jo")
    new = "/admin/incentives/correction/new/?found_by=refs&act=add"
    table = SimpleUploadedFile("guests.xlsx", as_xlsx([["ref"], ["ada"], ["bo"]]).read())
    given = {"currency": "points", "amount": "600", "reason": "The evening was cut short."}

    refused = ines.post(new, {**given, "refs": "ada\nnobody"})
    assert "nobody" in refused.content.decode()
    assert not Correction.objects.exists()
    assert ines.post(new, {**given, "file": table}).status_code == 302
    made = Correction.objects.get()
    page = f"/admin/incentives/correction/{made.pk}/change/"
    assert "being worked out" in ines.get(page).content.decode()
    running.carry_on()

    shown = ines.get(page).content.decode()
    assert "+1,200 Points" in shown
    assert "somebody else has to approve it" in shown
    assert (step(ines, made, "approve"), step(ines, made, "hand-over", "Please look.")) == ("draft", "waiting")
    assert "The evening was cut short." in jo.get("/admin/").content.decode()
    assert step(jo, made, "approve") == "done"

    assert sorted(Account.objects.values_list("balance", flat=True)) == [600, 600]
    assert step(jo, made, "undo") == "done"
    assert step(jo, made, "undo", "It was another evening.") == "undone"
    assert sorted(Account.objects.values_list("balance", flat=True)) == [0, 0]
    shown = jo.get(page).content.decode()
    assert "It was another evening." in shown
    assert "Please look." in shown
    assert jo.get(f"/admin/incentives/correction/{made.pk}/lines/").content[:2] == b"PK"


@pytest.mark.parametrize(
    "path",
    [f"?found_by={found_by}&act={act}" for found_by in ("refs", "segment", "paid", "event") for act in
     ("add", "take_back", "judge_again", "privilege", "badge")] + ["", "?found_by=dream&act=add"],
)  # fmt: skip
def test_every_form_opens_and_says_what_is_missing(path):
    ines = operator("ines")

    assert ines.get(f"/admin/incentives/correction/new/{path}").status_code == 200
    assert ines.post(f"/admin/incentives/correction/new/{path}", {"refs": "ada"}).status_code == 200
    assert not Correction.objects.exists()


def test_whoever_tends_the_community_corrects_no_points():
    community = operator("cleo", roles.COMMUNITY)

    assert community.get("/admin/incentives/correction/new/?found_by=refs&act=add").status_code == 403
    assert community.get("/admin/incentives/correction/").status_code == 403


def test_an_app_asks_and_approves_what_is_small_of_its_own_and_nothing_else(client_of):
    app, other = client_of(), client_of()
    given = {"found_by": "refs", "refs": ["ada", "bo"], "act": "add", "currency": "points", "reason": "Thank you."}

    def ask(amount, key):
        return app.post("/api/v1/corrections", {**given, "amount": amount}, headers={"Idempotency-Key": key})

    assert (ask("5", "a").status_code, ask("5", "a").status_code, Correction.objects.count()) == (201, 200, 1)
    running.carry_on()
    read = app.get(f"/api/v1/corrections/{Correction.objects.get().pk}").json()
    assert (read["state"], read["totals"], read["needs_second"], read["progress"]["waiting"]) == (
        "draft", {"points": "10"}, False, 2,
    )  # fmt: skip
    assert app.post(f"/api/v1/corrections/{read['id']}/approval").json()["state"] == "running"
    running.carry_on()
    assert app.get("/api/v1/corrections").json()["results"][0]["state"] == "done"

    large = ask("501", "b").json()
    running.carry_on()
    refused = other.post(f"/api/v1/corrections/{large['id']}/approval")
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (422, "second_operator")
    assert sorted(Account.objects.values_list("balance", flat=True)) == [5, 5]
