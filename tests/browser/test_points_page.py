"""The points page as a member meets it, in a real browser."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model

from incentives.domain.program import apply_program
from members.domain.page_links import make_page_link
from members.models import Member
from tests import factories

pytestmark = pytest.mark.browser
SHOTS = Path("build/screenshots")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="module")
def chromium():
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("Chromium is not installed here")
    # Playwright's own loop runs in this thread; Django would refuse to query beside it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    from django.db import connections
    from playwright.sync_api import sync_playwright

    # Beside a running loop Django opens connections anew; the one before must not keep the database busy.
    connections.close_all()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def community(committed_db):
    since = datetime(2026, 1, 1, tzinfo=UTC)
    apply_program(folder=Path("docs/examples/community"), now=datetime.now(UTC), in_force_from=since)
    ada = factories.MemberFactory(ref="ada", display_name="Ada Lund", joined_at=since)
    ada.user = get_user_model().objects.create_user("ada", "", "a long password")
    ada.save()
    get_user_model().objects.create_superuser("operator", "", "a long password")
    posts = [
        {"source": "forum", "id": f"p{n}", "type": "content.published", "subject": "ada",
         "time": f"2026-11-{n + 1:02}T10:00:00Z", "data": {"content_id": f"c{n}", "words": 90 + 40 * n, "topic": "guides"}}
        for n in range(22)
    ]  # fmt: skip
    factories.report(*posts, now=datetime(2026, 11, 24, 12, tzinfo=UTC))
    while factories.judge().events:
        pass
    return ada


@pytest.fixture
def server(community, committed_db):
    from django.db import connections
    from pytest_django.live_server_helper import LiveServer

    if connections["default"].vendor == "sqlite":
        connections["default"].inc_thread_sharing()
    live = LiveServer("localhost")
    yield live.url
    live.stop()


def violations(page) -> list[str]:
    """What axe finds to be serious or critical."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html'][:160]}" for v in found if v["impact"] in ("serious", "critical")]


def shot(page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)


def entered(browser, server, member: Member, **options):
    page = browser.new_context(**options).new_page()
    page.problems = []
    page.on("console", lambda message: page.problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    token = make_page_link(member=member)[0].partition("?")[2]
    page.goto(f"{server}/enter/?{token}")
    return page


def test_a_member_reads_points_tier_and_why_on_a_phone(chromium, server, community):
    page = entered(chromium, server, community, viewport={"width": 390, "height": 844})

    assert page.get_by_role("heading", name="Ada Lund").is_visible()
    assert page.get_by_text("Next tier: Gold").is_visible()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
    line = page.locator("details.lr-entry").first
    line.locator("summary").click()
    line.get_by_role("link", name="Why this amount?").click()
    page.locator(".site-why").first.get_by_text("event.data.words >= 120").wait_for()
    before = page.locator("details.lr-entry").count()
    page.get_by_role("link", name="Earlier").click()
    page.locator("details.lr-entry").nth(before).wait_for()
    assert page.problems == []
    shot(page, "points-390-light")
    assert violations(page) == []


def test_the_page_is_whole_in_the_dark_on_a_wide_screen(chromium, server, community):
    page = entered(chromium, server, community, viewport={"width": 1280, "height": 900}, color_scheme="dark")

    shot(page, "points-1280-dark")
    assert violations(page) == []


def test_the_page_speaks_chinese(chromium, server, community):
    page = entered(chromium, server, community, viewport={"width": 390, "height": 844})
    page.get_by_role("button", name="中文").click()

    assert page.locator("html").get_attribute("lang") == "zh-Hans"
    assert page.get_by_text("优质文章").first.is_visible()
    assert page.get_by_text("可用积分").is_visible()
    shot(page, "points.zh-hans-390-light")
    assert violations(page) == []


def test_the_page_works_without_javascript(chromium, server, community):
    page = entered(chromium, server, community, java_script_enabled=False)

    page.get_by_role("link", name="Earlier").click()
    assert page.locator("details.lr-entry").count() > 0
    page.locator("details.lr-entry").first.locator("summary").click()
    page.get_by_role("link", name="Why this amount?").first.click()
    assert page.get_by_role("heading", name="Why this amount?").is_visible()


def test_a_member_may_log_in_and_a_wrong_password_is_told_kindly(chromium, server, community):
    page = chromium.new_context().new_page()
    page.goto(f"{server}/me/")
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    assert page.get_by_role("alert").is_visible()
    shot(page, "login-wrong")
    assert violations(page) == []

    page.get_by_label("Password").fill("a long password")
    page.get_by_role("button", name="Log in").click()
    assert page.get_by_role("heading", name="Ada Lund").is_visible()


def test_a_link_that_was_changed_opens_nothing(chromium, server, community):
    page = chromium.new_context().new_page()

    answer = page.goto(f"{server}/enter/?t=forged:1:x")

    assert answer.status == 403
    assert page.get_by_role("heading", name="This link is over").is_visible()
    page.goto(f"{server}/me/")
    assert "/login/" in page.url
