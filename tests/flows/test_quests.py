"""A quest from an operator's draft to members who see it, choose it and finish it."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from incentives.models import QuestRun, QuestVersion
from incentives.tasks import close_quests
from members.domain import page_links
from members.models import Event, EventType, Member
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db
TEXT = """\
code: writer
name: {en: Two posts, zh-hans: 两篇文章}
begins: by_choice
steps:
  - {code: posts, name: {en: Publish}, when: content.published, count: 2}
"""


@pytest.fixture
def client(client_of):
    factories.world()
    factories.MemberFactory(ref="ada")
    return client_of()


def desk_of(role: str) -> Client:
    staff = get_user_model().objects.create_user(role, is_staff=True)
    staff.groups.add(Group.objects.get(name=role))
    desk = Client()
    desk.force_login(staff)
    return desk


def page_of(ref: str) -> Client:
    browser = Client()
    browser.get(page_links.make_page_link(member=Member.objects.get(ref=ref))[0])
    return browser


def judge() -> None:
    while factories.judge().events:
        pass


def step(desk: Client, version: QuestVersion, name: str):
    return desk.post(f"/admin/incentives/questversion/{version.pk}/{name}/", {"reason": "", "_form_submitted": "1"})


def test_an_operator_writes_checks_starts_pauses_and_ends_a_quest_and_a_viewer_looks_on(client):
    viewer, desk = desk_of("viewer"), desk_of("community operator")
    assert viewer.post("/admin/incentives/questversion/add/", {"text": TEXT}).status_code == 403
    wrong = desk.post("/admin/incentives/questversion/check/", {"text": TEXT.replace("content.p", "contnt.p")})
    assert "Did you mean &#x27;content.published&#x27;?" in wrong.content.decode()
    bad = desk.post("/admin/incentives/questversion/add/", {"text": TEXT.replace("steps:", "stops:")})
    assert "This cannot be kept yet" in bad.content.decode()
    assert not QuestVersion.objects.exists()

    desk.post("/admin/incentives/questversion/add/", {"text": TEXT})
    version = QuestVersion.objects.get()
    states = []
    for name in ("start", "pause", "resume", "end"):
        step(viewer, version, name)
        step(desk, version, name)
        version.refresh_from_db()
        states.append(version.state)

    assert states == ["live", "paused", "live", "ended"]
    assert [desk.get(f"/admin/incentives/questversion/{version.pk}/change/").status_code] == [200]


def test_a_member_chooses_a_quest_on_their_page_sees_how_far_they_are_and_is_paid(client):
    quest = {"begins": "by_choice", "name": {"en": "Two posts"}, "text": {"en": "About anything."}}
    factories.quest(quest)
    factories.rule({"code": "writer", "when": "quest.completed", "then": [award(60), award(5, "growth")]})
    page = page_of("ada")
    shown = page.get("/me/").content.decode()
    assert all(words in shown for words in ("Two posts", "About anything.", "+60", "Begin"))

    page.post("/me/quests/writer/begin/")
    page.post("/me/quests/writer/begin/")
    factories.report(item("a", "ada"))
    judge()
    assert "1 of 2" in page.get("/me/").content.decode()
    (line,) = client.get("/api/v1/members/ada/quests").json()
    assert [(s["reached"], s["wanted"]) for s in line["steps"]] == [(1, 2)]
    assert line["rewards"] == [
        {"currency": "points", "amount": "60", "badge": ""},
        {"currency": "growth", "amount": "5", "badge": ""},
    ]
    factories.report(item("b", "ada"))
    judge()

    assert "finished on" in page.get("/me/").content.decode()
    assert client.get("/api/v1/members/ada/quests").json()[0]["state"] == "completed"
    balances = {line["currency"]: line["available"] for line in client.get("/api/v1/members/ada/balances").json()}
    assert balances == {"points": "60", "growth": "5"}
    assert QuestRun.objects.count() == 1
    assert page.post("/me/quests/nothing/begin/").status_code == 404


def test_a_streak_is_shown_as_a_promise_and_never_as_a_threat(client):
    EventType.objects.filter(code="content.published").update(is_contribution=True)
    step_ = {"code": "weeks", "when": "contribution", "in_a_row": "weeks", "count": 4}
    factories.quest({"steps": [step_], "name": {"en": "Four weeks"}})
    factories.report(item("a", "ada"))
    judge()

    shown = page_of("ada").get("/me/").content.decode()

    assert "Weeks with a contribution count; you may rest 2 more weeks this season." in shown
    assert "1 of 4" in shown
    assert "lose " not in shown


@pytest.mark.parametrize(
    ("_case", "change", "member", "kind"),
    [
        ("by_itself", {}, {}, "not_by_choice"),
        ("not_yet", {"begins": "by_choice", "window": {"from": "2999-01-01"}}, {}, "not_open"),
        ("for_others", {"begins": "by_choice", "audience": {"if": "member.verified"}}, {}, "not_for_you"),
        ("suspended", {"begins": "by_choice"}, {"status": "suspended"}, "not_active"),
    ],
)
def test_who_cannot_begin_is_told_why(client, _case, change, member, kind):
    factories.quest(change)
    Member.objects.filter(ref="ada").update(**member)

    answer = client.post("/api/v1/members/ada/quests/writer/begin")

    assert (answer.status_code, answer.json()["type"]) == (422, f"/problems/{kind}")
    assert not QuestRun.objects.exists()


def test_the_job_closes_what_is_over_and_the_api_lists_what_is_in_use(client):
    factories.quest({"window": {"until": "2026-01-01"}}, since=timezone.now().replace(year=2025))
    moment = "2025-12-30T12:00:00Z"
    factories.report(item("a", "ada", time=moment))
    judge()

    close_quests()
    close_quests()

    assert [quest["code"] for quest in client.get("/api/v1/quests").json()] == ["writer"]
    assert client.get("/api/v1/quests", {"state": "draft"}).json() == []
    assert Event.objects.filter(type__code="quest.expired").count() == 1
