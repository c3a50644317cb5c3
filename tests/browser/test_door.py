"""The door on a phone, in a real browser: scans kept while offline, the code in the room, feedback and papers."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from activities.domain.after import papers
from activities.domain.checking_in.room import room_code
from activities.enums import PaperKind
from activities.models import ActivityPerson, Feedback, Registration, Scan
from tests import factories
from tests.browser.door import LANGUAGES, PHONE, code, speak, typed
from tests.browser.eyes import entered, opened, operating, overflow, shot, violations

pytestmark = [pytest.mark.browser, pytest.mark.any_database]


@pytest.mark.parametrize("language", LANGUAGES)
def test_codes_are_scanned_and_kept_while_the_phone_is_offline(chromium, server, evening, language):
    page = operating(chromium, server, viewport=PHONE)
    speak(page, server, language)
    page.goto(f"{server}/staff/activities/evening/scan/")
    result = page.locator("#result")

    typed(page, code("ada"))
    page.locator("#result[data-kind=came]").wait_for()
    expect(result).to_contain_text("Ada Lund")
    typed(page, code("ada"))
    page.locator("#result[data-kind=already]").wait_for()
    shot(page, f"door-already-{language}")
    typed(page, "nonsense")
    page.locator("#result[data-kind=refused]").wait_for()

    page.context.set_offline(True)
    before = datetime.now(UTC)
    typed(page, code("bo"))
    page.locator("#result[data-kind=waiting]").wait_for()
    expect(page.locator("#waiting")).to_have_text(re.compile(" 1$"))
    assert Registration.objects.get(member__ref="bo").checked_in_at is None
    after = datetime.now(UTC)
    shot(page, f"door-offline-{language}")
    page.problems.clear()
    page.context.set_offline(False)
    page.locator("#result[data-kind=came]").wait_for()

    bo = Registration.objects.get(member__ref="bo")
    # When it was scanned, to the millisecond of a phone, and not when it was sent.
    assert before - timedelta(milliseconds=1) <= bo.checked_in_at <= after
    expect(page.locator("#waiting")).to_have_text("")
    expect(page.locator("#scans li")).to_have_count(4)
    assert Scan.objects.count() == 4
    assert overflow(page) == 0
    assert page.problems == []
    assert violations(page) == []
    shot(page, f"door-{language}")


def test_what_waits_survives_the_page_and_is_sent_once(chromium, server, evening):
    page = operating(chromium, server, viewport=PHONE)
    page.goto(f"{server}/staff/activities/evening/scan/")
    page.context.set_offline(True)
    typed(page, code("bo"))
    page.locator("#result[data-kind=waiting]").wait_for()
    # The page is left before its phone is heard again.
    page.route("**/scans/", lambda route: route.abort())
    page.context.set_offline(False)
    page.unroute("**/scans/")

    page.reload()
    page.locator("#result[data-kind=came]").wait_for()
    page.reload()

    assert Scan.objects.count() == 1


def test_whoever_is_logged_out_is_told_to_load_the_page_and_not_that_they_are_offline(chromium, server, evening):
    page = operating(chromium, server, viewport=PHONE)
    page.goto(f"{server}/staff/activities/evening/scan/")
    page.context.clear_cookies()

    typed(page, code("bo"))

    expect(page.locator("#result[data-kind=waiting]")).to_contain_text("Load this page anew")
    expect(page.locator("#waiting")).to_have_text(re.compile(" 1$"))
    assert Scan.objects.count() == 0


@pytest.mark.parametrize("refused", ["getItem", "setItem"])
def test_a_browser_that_keeps_nothing_for_pages_sends_what_waits_while_the_page_is_open(
    chromium, server, evening, refused
):
    page = operating(chromium, server, viewport=PHONE)
    page.add_init_script(f"Storage.prototype.{refused} = () => {{ throw new DOMException('', 'SecurityError') }}")
    page.add_init_script("Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError') }")
    page.goto(f"{server}/staff/activities/evening/scan/")

    page.context.set_offline(True)
    typed(page, code("ada"))
    typed(page, code("bo"))
    expect(page.locator("#waiting")).to_have_text(re.compile(" 2$"))
    page.wait_for_timeout(500)
    page.context.set_offline(False)
    page.locator("#scans li").nth(1).wait_for()

    expect(page.locator("#waiting")).to_have_text("")
    assert sorted(Scan.objects.values_list("member__ref", "result")) == [("ada", "came"), ("bo", "came")]


@pytest.mark.parametrize(("language", "sentence"), [("en", "This member is unknown."), ("zh-hans", "没有这位成员。")])
def test_an_emptied_field_is_nothing_and_a_wrong_ref_is_told(chromium, server, evening, language, sentence):
    page = operating(chromium, server, viewport=PHONE)
    speak(page, server, language)
    page.goto(f"{server}/staff/activities/evening/scan/")
    page.locator("main details summary").first.click()

    typed(page, "   ")
    page.locator("#walk-in [name=member]").fill("   ")
    page.locator("#walk-in button").click()
    expect(page.locator("#result")).to_have_attribute("data-kind", "none")
    page.locator("#walk-in [name=member]").fill("nobody")
    page.locator("#walk-in button").click()

    expect(page.locator("#result[data-kind=rejected]")).to_contain_text(sentence)
    expect(page.locator("#scans li")).to_have_count(1)
    assert Scan.objects.count() == 0


def test_somebody_walks_in_and_guests_are_counted(chromium, server, evening):
    factories.MemberFactory(ref="di", display_name="Di Ora")
    page = operating(chromium, server, viewport=PHONE)
    page.goto(f"{server}/staff/activities/evening/scan/")

    page.locator("main details summary").first.click()
    page.locator("#walk-in [name=member]").fill("di")
    page.locator("#walk-in button").click()
    page.locator("#result[data-kind=came]").wait_for()
    page.locator("main details summary").nth(1).click()
    page.locator("#guests [name=guests]").fill("3")
    page.locator("#guests button").click()
    page.get_by_text("3 guests were counted.").first.wait_for()

    evening.refresh_from_db()
    assert (evening.guests_came, Registration.objects.get(member__ref="di").is_walk_in) == (3, True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_host_opens_the_room_and_a_member_checks_in_by_its_code(chromium, server, evening, community, language):
    cy = ActivityPerson.objects.get(part="host").member
    for member in (cy, community):
        member.language = language
        member.save()
    host = entered(chromium, server, cy, viewport={"width": 1280, "height": 800})
    host.goto(f"{server}/me/hosting/evening/room/")
    shown = host.locator("#room output").inner_text()
    assert shown.replace(" ", "") in {
        room_code(evening, now=datetime.now(UTC) - timedelta(seconds=back))[0] for back in (0, 60)
    }
    assert (overflow(host), violations(host), host.problems) == (0, [], [])
    shot(host, f"room-{language}")

    page = entered(chromium, server, community, viewport=PHONE)
    page.goto(f"{server}/me/activities/evening/mine/")
    expect(page.locator(".site-ticket svg")).to_be_visible()
    assert (overflow(page), violations(page)) == (0, [])
    shot(page, f"coming-before-{language}")
    page.locator("[name=code]").fill(shown)
    page.locator("form:has([name=code]) button").click()
    page.locator("[name=stars]").first.wait_for()

    page.locator("[name=stars][value='5']").check()
    page.locator("[name=words]").fill("Warm." if language == "en" else "很温暖。")
    page.locator("form:has([name=words]) button").click()
    expect(page.get_by_role("status")).to_contain_text("Thank you" if language == "en" else "谢谢")
    assert Feedback.objects.get().stars == 5
    assert (overflow(page), violations(page), page.problems) == (0, [], [])
    shot(page, f"coming-after-{language}")

    host.set_viewport_size(PHONE)
    host.goto(f"{server}/me/hosting/evening/report/")
    expect(host.locator(".site-words")).to_contain_text("5 / 5")
    assert "Ada" not in host.locator("main").inner_text()
    assert (overflow(host), violations(host), host.problems) == (0, [], [])
    shot(host, f"report-{language}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_certificate_is_taken_and_verified_by_anybody(chromium, server, evening, community, language):
    Registration.objects.filter(member=community).update(checked_in_at=evening.starts_at)
    page = entered(chromium, server, community, viewport=PHONE)
    page.goto(f"{server}/me/activities/evening/mine/")
    with page.expect_download() as got:
        page.locator("form:has([name=name_form]) button").click()
    assert got.value.suggested_filename == "certificate-evening.pdf"
    paper, is_new = papers.issue(
        registration_id=Registration.objects.get(member=community).pk, kind=PaperKind.CERTIFICATE,
        now=datetime.now(UTC),
    )  # fmt: skip
    assert not is_new

    anybody = opened(chromium, viewport=PHONE)
    speak(anybody, server, language)
    anybody.goto(f"{server}/verify/")
    anybody.locator("[name=code]").fill(papers.grouped(paper.code))
    anybody.locator("main form button").click()
    anybody.locator(".site-verified[data-holds=yes]").wait_for()

    expect(anybody.locator(".site-verified")).to_contain_text("Ada Lund")
    expect(anybody.locator(".site-verified")).to_contain_text("酸面包" if language == "zh-hans" else "Sourdough")
    assert (overflow(anybody), violations(anybody), anybody.problems) == (0, [], [])
    shot(anybody, f"verify-{language}")
