"""The whole way: an event that is told, read and forgotten about; a question that finds its answer, or somebody who has it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from incentives.domain.program import BadProgram, apply_program
from incentives.domain.takeout import data_of
from incentives.models import Case, Currency
from members.domain import page_links
from members.models import Event, Member, MessageTemplate, Notification
from members.tasks import write_notifications
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db
TEMPLATES = {
    "thanks": {
        "when": "content.published", "if": "event.data.words >= 100",
        "title": {"en": "Thank you, {name}", "zh-hans": "谢谢，{name}"}, "text": {"en": "{words} words.", "zh-hans": "{words} 字。"},
    },
    "answered": {
        "when": "case.answered", "title": {"en": "We have answered"}, "text": {"en": "It stands under your question."},
    },
}  # fmt: skip


def programme(folder: Path, **templates) -> Path:
    (folder / "messages.yaml").write_text(yaml.safe_dump(templates or TEMPLATES, allow_unicode=True))
    return folder


@pytest.fixture
def ada():
    factories.world()
    return factories.MemberFactory(ref="ada", display_name="Ada")


@pytest.fixture
def page(ada):
    browser = Client()
    browser.get(page_links.make_page_link(member=ada)[0])
    return browser


def call(client, method, path, body=None, key="k"):
    send = getattr(client, method)
    headers = {"Idempotency-Key": key}
    given = {"data": json.dumps(body or {}), "content_type": "application/json"} if method != "get" else {}
    return send(f"/api/v1/members/ada/{path}", headers=headers, **given)


def test_a_template_of_a_file_tells_members_who_read_it_on_their_page_and_by_the_app(ada, page, client_of, tmp_path):
    first = apply_program(folder=programme(tmp_path), now=timezone.now())
    again = apply_program(folder=tmp_path, now=timezone.now())
    assert (len(first.changed), again.changed) == (2, [])
    factories.report(item("e1", "ada"), item("e2", "ada", data={"content_id": "c", "words": 99}))

    write_notifications()
    write_notifications()

    seen = page.get("/me/").content.decode()
    assert "Thank you, Ada" in seen
    assert "500 words." in seen
    page.cookies["django_language"] = "zh-hans"
    assert "谢谢，Ada" in page.get("/me/").content.decode()

    app = client_of("inbox:read", "inbox:write")
    (line,) = call(app, "get", "notifications?state=unread").json()["results"]
    assert (line["template"], line["title"]["en"], line["read_at"]) == ("thanks", "Thank you, Ada", None)
    assert call(app, "post", "notifications/read", {"ids": [line["id"], "99"]}).json() == {"read": 1, "unread": 0}
    assert call(app, "post", "notifications/read").json() == {"read": 0, "unread": 0}
    assert call(app, "get", "notifications?state=unread").json()["results"] == []

    assert call(app, "put", "notification-choice", {"promotions": False}).json() == {"promotions": False, "email": True}
    page.post("/me/notifications/switch/", {"wants": "yes"})
    assert call(app, "get", "notification-choice").json() == {"promotions": True, "email": True}
    factories.report(item("e3", "ada"))
    write_notifications()
    page.post("/me/notifications/read/")
    assert not Notification.objects.unread().exists()
    assert [each["text"]["en"] for each in data_of(ada, now=timezone.now())["notifications"]] == ["500 words."] * 2


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"when": "content.publishd", "title": {"en": "a"}, "text": {"en": "b"}}, "Did you mean 'content.published'?"),
        ({"when": "content.published", "title": {"en": "{wrods}"}, "text": {"en": "b"}}, "title: en: content.published has no {wrods}. Did you mean {words}?"),
        ({"when": "content.published", "title": {"en": "a"}}, "text is missing."),
        ({"when": "content.published", "title": "a", "text": {"en": "b"}}, "title: Write it by language"),
        ({"when": "content.published", "title": {"en": "a"}, "text": {"en": "b"}, "kind": "advert"}, "kind is one of service, promotion"),
    ],
)  # fmt: skip
def test_a_file_that_could_not_be_told_is_refused_with_its_code_and_the_mend(ada, tmp_path, document, said):
    with pytest.raises(BadProgram) as caught:
        apply_program(folder=programme(tmp_path, mine=document), now=timezone.now())

    assert str(caught.value).startswith("messages.yaml, mine: ")
    assert said in str(caught.value)
    assert MessageTemplate.objects.count() == 0


def test_a_member_asks_the_team_answers_and_pays_and_the_member_hears_of_it(ada, page, tmp_path):
    apply_program(folder=programme(tmp_path), now=timezone.now())
    factories.rule(
        {
            "name": {"en": "A good post"}, "then": [award(10)],
            "if": {"all": [{"expr": "event.data.words >= 800", "why_not": {"en": "Too short."}}]},
        }
    )  # fmt: skip
    factories.report(item("e1", "ada"))
    factories.judge()
    event = Event.objects.get(key__external_id="e1")
    assert "no rule paid" in page.get("/me/missing/").content.decode()

    page.post("/me/missing/ask/", {"event": event.pk, "text": ""})
    case = Case.objects.get()
    seen = page.get("/me/missing/").content.decode()
    assert "“A good post”: Too short." in seen
    assert "1 question of yours is open" in page.get("/me/").content.decode()
    page.post(f"/me/missing/{case.pk}/reopen/", {"text": "It has 900 words."})
    assert "You have an answer by" in page.get("/me/missing/").content.decode()

    operator = Client()
    operator.force_login(get_user_model().objects.create_superuser("operator"))
    desk = operator.get(f"/admin/incentives/case/{case.pk}/change/").content.decode()
    assert "It has 900 words." in desk
    assert "event.data.words &gt;= 800" in desk
    form = operator.get(f"/admin/incentives/case/{case.pk}/adjust/", follow=True)
    assert f"Case {case.pk}: " in form.content.decode()
    path = form.redirect_chain[-1][0]
    given = {
        "currency": Currency.objects.get(code="points").pk,
        "amount": "10",
        "reason": f"Case {case.pk}: you were right.",
        "token": "t",
    }
    assert operator.post(path, given)["Location"] == f"/admin/incentives/case/{case.pk}/change/"
    operator.post(f"/admin/incentives/case/{case.pk}/answer/", {"_form_submitted": "on", "answer": "You were right."})
    write_notifications()

    seen = page.get("/me/missing/").content.decode()
    assert "You were right." in seen
    assert "We have answered" in page.get("/me/").content.decode()
    page.post(f"/me/missing/{case.pk}/close/")
    assert Case.objects.get().state == "closed"
    assert [each["answer"] for each in data_of(ada, now=timezone.now())["cases"]] == ["You were right."]


def test_an_app_asks_once_for_a_key_by_its_own_id_or_by_type_and_day(ada, client_of):
    app = client_of("inbox:read", "inbox:write")
    factories.report(item("e1", "ada"))
    factories.judge()

    first = call(app, "post", "cases", {"source": "app", "event": "e1"})
    again = call(app, "post", "cases", {"source": "app", "event": "e1"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert (first.json()["finding"], first.json()["state"]) == ("no_rule", "answered")

    yesterday = (timezone.now() - timedelta(days=1)).isoformat()
    body = {"source": "app", "event": "never", "event_type": "content.published", "happened_at": yesterday}
    second = call(app, "post", "cases", body, key="other").json()
    assert second["finding"] == "not_received"

    reopened = call(app, "post", f"cases/{second['id']}/reopen", {"text": "It did."}).json()
    assert (reopened["state"], reopened["due_at"] is not None) == ("reopened", True)
    assert call(app, "post", f"cases/{second['id']}/reopen").status_code == 422
    assert [call(app, "post", f"cases/{second['id']}/close").json()["state"] for _ in range(2)] == ["closed", "closed"]
    assert call(app, "get", f"cases/{first.json()['id']}").json() == first.json()
    assert [each["id"] for each in call(app, "get", "cases").json()["results"]] == [second["id"], first.json()["id"]]


def test_a_stranger_reaches_no_case_of_another(ada, page):
    bo = factories.MemberFactory(ref="bo")
    other = Client()
    other.get(page_links.make_page_link(member=bo)[0])
    page.post("/me/missing/ask/", {"rule": "", "day": f"{timezone.now():%Y-%m-%d}", "text": "I helped."})
    case = Case.objects.get()

    answers = [other.post(f"/me/missing/{case.pk}/{step}/").status_code for step in ("reopen", "close")]
    wrong = [
        page.post("/me/missing/ask/", given).status_code
        for given in ({"event": "9" * 30}, {"day": "yesterday", "rule": "x"}, {"event": str(2**62)}, {})
    ]

    assert answers == [404, 404]
    assert wrong == [302] * 4
    assert Member.objects.get(ref="ada").cases.count() == Case.objects.count() == 1
