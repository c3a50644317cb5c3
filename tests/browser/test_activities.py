"""Activities as members and visitors meet them, in a real browser."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from activities.domain import registering
from activities.models import Activity, Registration
from members.models import Space
from tests import factories
from tests.browser.eyes import entered, opened, operating, overflow, shot, unfold, violations

pytestmark = [pytest.mark.browser, pytest.mark.any_database]
LOOKS = [
    (390, "light", "en"),
    (390, "dark", "zh-hans"),
    (1280, "light", "zh-hans"),
    (1280, "dark", "en"),
]
QUESTIONS = [
    {"code": "diet", "names": {"en": "What do you not eat?", "zh-hans": "有什么忌口？"}, "kind": "text", "required": True},
    {"code": "level", "names": {"en": "How far are you?", "zh-hans": "做过多少？"}, "kind": "choice",
     "options": [{"code": "first", "names": {"en": "My first loaf", "zh-hans": "第一次"}},
                 {"code": "some", "names": {"en": "I bake sometimes", "zh-hans": "偶尔烤"}}]},
    {"code": "photo", "names": {"en": "May we take pictures?", "zh-hans": "可以拍照吗？"}, "kind": "yes_no", "required": True},
]  # fmt: skip


@pytest.fixture
def evening(community):
    """An evening with questions, a space, and two seats of which one is taken; two others beside it."""
    now = timezone.now()
    workshop = Space.objects.create(ref="atelier", names={"en": "The atelier", "zh-hans": "工坊"})
    made = factories.announced(
        names={"en": "Sourdough, slowly", "zh-hans": "慢慢做酸面包"}, capacity=2, guests_max=1, space=workshop,
        summaries={"en": "Three folds, one night, one loaf.", "zh-hans": "三折一夜，一只面包。"}, questions=QUESTIONS,
        link="https://example.org/room", zone="America/New_York",
        texts={"en": "Bring a jar.\n\nWe fold three times.", "zh-hans": "带一个罐子。"},
    )  # fmt: skip
    other = factories.MemberFactory(ref="bo", display_name="Bo Roth")
    registering.register(
        activity_id=made.pk, member=other, now=now, answers={"diet": "Nothing", "photo": True}
    )  # fmt: skip
    factories.announced("far", names={"en": "Maps by hand", "zh-hans": "手绘地图"}, starts_at=now + timedelta(days=20))
    factories.announced("full", names={"en": "A full table", "zh-hans": "满座"}, capacity=1)
    return made


def fill(page):
    page.locator("[name=q-diet]").fill("Nuts")
    page.locator("[name=q-photo][value=yes]").check()


@pytest.mark.parametrize(("width", "scheme", "language"), LOOKS)
def test_from_the_calendar_to_a_place_with_errors_beside_the_fields(
    chromium, server, community, evening, width, scheme, language
):
    community.language = language
    community.save()
    zh = language == "zh-hans"
    page = entered(chromium, server, community, viewport={"width": width, "height": 844}, color_scheme=scheme)
    page.goto(f"{server}/activities/")
    assert overflow(page) == 0
    assert violations(page) == []
    shot(page, f"calendar-{width}-{scheme}-{language}")
    expect(page.get_by_role("link", name="手绘地图" if zh else "Maps by hand").first).to_be_visible()

    page.locator("article h3").get_by_role("link", name="慢慢做酸面包" if zh else "Sourdough, slowly").click()
    page.locator("aside form .lr-btn--primary").click()
    page.locator("#e-q-diet").wait_for()
    expect(page.locator("#e-q-photo")).to_be_visible()
    assert overflow(page) == 0
    assert violations(page) == []
    shot(page, f"activity-errors-{width}-{scheme}-{language}")
    fill(page)
    page.locator("aside form .lr-btn--primary").click()
    page.get_by_role("heading", name="你有名额了" if zh else "You have a place").wait_for()

    expect(page.get_by_role("link", name="打开链接" if zh else "Open the link")).to_have_attribute(
        "href", re.compile("/room$")
    )
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans" if zh else "en")
    unfold(page)
    assert overflow(page) == 0
    assert violations(page) == []
    assert page.problems == []
    shot(page, f"activity-place-{width}-{scheme}-{language}")
    assert Registration.objects.get(member=community).answers == {"diet": "Nuts", "photo": True}


def test_from_the_waiting_list_to_an_offer_that_is_taken(chromium, server, community, evening):
    Activity.objects.filter(pk=evening.pk).update(capacity=1)
    page = entered(chromium, server, community, viewport={"width": 390, "height": 844})
    page.goto(f"{server}/activities/evening/")
    fill(page)
    page.get_by_role("button", name="Join the waiting list").click()
    page.get_by_text("Number 1 in line").wait_for()
    shot(page, "activity-waiting-390")

    registering.cancel(registration_id=Registration.objects.get(member__ref="bo").pk, now=timezone.now())
    page.goto(f"{server}/me/")
    page.get_by_role("link", name="A place has become free: Sourdough, slowly").click()
    page.get_by_role("heading", name="A place is free for you").wait_for()
    shot(page, "activity-offered-390")
    page.get_by_role("button", name="Take it").click()

    page.get_by_role("heading", name="You have a place").wait_for()
    assert Registration.objects.get(member=community).state == "confirmed"
    assert page.problems == []


def test_whoever_cancels_reads_before_what_goes_back(chromium, server, community):
    community.age_band = "adult"
    community.save()
    factories.points_for(community, 900)
    made = factories.announced(names={"en": "Lamination, slowly"}, late_refund_percent=50)
    factories.ticket(made, points=200, currency=factories.CurrencyFactory(code="points"), price=0)
    factories.ticket(made, "later", sells_from=timezone.now() + timedelta(days=1))
    page = entered(chromium, server, community, viewport={"width": 1280, "height": 900})
    page.goto(f"{server}/activities/evening/")
    shot(page, "activity-tickets-1280")
    expect(page.locator("[name=ticket][value=later]")).to_be_disabled()
    page.get_by_role("button", name="Join").click()
    page.get_by_role("heading", name="You have a place").wait_for()

    page.get_by_text("I cannot come").click()
    expect(page.get_by_text(re.compile(r"Everything you gave goes back: 200", re.IGNORECASE))).to_be_visible()
    page.get_by_role("button", name="Cancel my registration").click()

    page.get_by_text("You cancelled on").wait_for()
    expect(page.get_by_role("button", name="Join")).to_be_visible()
    assert Registration.objects.get().order.points_refunded == 200
    assert page.problems == []


def test_everything_works_without_javascript(chromium, server, community, evening):
    page = entered(chromium, server, community, viewport={"width": 390, "height": 844}, java_script_enabled=False)
    page.goto(f"{server}/activities/")
    page.get_by_role("link", name="Next month").click()
    expect(page).to_have_url(re.compile("month="))
    page.goto(f"{server}/activities/evening/")
    page.get_by_role("button", name="Join").click()
    expect(page.locator("#e-q-diet")).to_be_visible()
    fill(page)
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_role("heading", name="You have a place")).to_be_visible()
    page.get_by_text("I cannot come").click()
    page.get_by_role("button", name="Cancel my registration").click()

    expect(page.get_by_text("You cancelled on")).to_be_visible()
    assert Registration.objects.get(member=community).state == "cancelled"


def test_a_visitor_sees_the_calendar_turns_the_month_by_keyboard_and_finds_no_names(chromium, server, evening):
    page = opened(chromium, viewport={"width": 1280, "height": 900})
    page.goto(f"{server}/activities/")
    before = page.locator("#month-h").inner_text()

    page.get_by_role("link", name="Next month").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("before => document.querySelector('#month-h').innerText !== before", arg=before)

    expect(page.locator("#month table th")).to_have_count(7)
    page.goto(f"{server}/activities/evening/")
    expect(page.get_by_role("link", name="Log in to register")).to_be_visible()
    assert "Bo Roth" not in page.content()
    assert overflow(page) == 0
    assert violations(page) == []
    assert page.problems == []


def test_proposing_a_sharing_from_the_points_page(chromium, server, community):
    page = entered(chromium, server, community, viewport={"width": 390, "height": 844})
    unfold(page)
    page.locator("#activities [name=title]").fill("Mending")
    page.locator("#activities [name=words]").fill("With needle and thread.")
    shot(page, "points-activities-390")
    assert overflow(page) == 0
    page.get_by_role("button", name="Propose it").click()

    page.get_by_text("Thank you. You read here what becomes of it.").wait_for()
    unfold(page)
    expect(page.get_by_text("Mending").first).to_be_visible()
    assert community.proposals.get().title == "Mending"


def test_operators_see_the_month_and_the_board(chromium, server, evening):
    page = operating(chromium, server)
    for name in ("calendar", "board", "plan"):
        page.goto(f"{server}/admin/activities/activity/{name}/")
        expect(page.locator(".desk-tabs [aria-current]")).to_have_count(1)
        assert violations(page) == []
        shot(page, f"desk-activities-{name}")
    assert page.problems == []
