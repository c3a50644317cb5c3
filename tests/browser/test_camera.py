"""The camera at the door, in a real browser that takes a film for its camera.

Chromium on Linux reads no codes itself, as Safari and Firefox do not: here they are read by the server. For a browser
that reads them a class stands in.
"""

from __future__ import annotations

import io

import pytest
from django.conf import settings
from PIL import Image
from playwright.sync_api import expect

from activities.models import ActivityPerson, Registration, Scan
from tests import stills
from tests.browser.door import LANGUAGES, PHONE, code, speak, typed
from tests.browser.eyes import entered, operating, overflow, shot, violations

pytestmark = [pytest.mark.browser, pytest.mark.any_database]

# What a phone brings along that reads codes itself: it sees the same one whenever it looks.
READS_ITSELF = """
window.looks = 0;
window.BarcodeDetector = class {
  static async getSupportedFormats() { return %(formats)s; }
  async detect() { window.looks += 1; return [{ rawValue: "%(code)s" }]; }
};
"""
REMEMBERS_ITS_CAMERA = """
const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => (window.given = await ask(wanted));
"""
TRACK = "() => window.given.getTracks().map((track) => track.readyState).join()"


@pytest.fixture
def at_the_door(phone_with, server):
    """Stand at the door with a phone that sees a picture, in a language; its page counts the stills it sends."""

    def start(image, *, language="en", script="", flags=()):
        page = operating(phone_with(image, *flags), server, viewport=PHONE)
        speak(page, server, language)
        page.add_init_script(REMEMBERS_ITS_CAMERA + script)
        page.stills = []
        page.on("request", lambda asked: page.stills.append(asked) if asked.url.endswith("/still/") else None)
        page.goto(f"{server}/staff/activities/evening/scan/")
        return page

    return start


def button(page):
    return page.locator("#camera button")


def said(page):
    return page.locator("#camera [role=status]")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_code_before_the_camera_is_read_by_the_server_and_taken_once(at_the_door, evening, language):
    page = at_the_door(stills.picture(code("ada")), language=language)

    button(page).click()
    page.locator("#result[data-kind=came]").wait_for()
    expect(page.locator("#result")).to_contain_text("Ada Lund")
    expect(button(page)).to_have_text("Stop the camera" if language == "en" else "关闭摄像头")
    assert (overflow(page), violations(page)) == (0, [])
    shot(page, f"camera-{language}")
    # It stays before the camera, and is looked at several times more.
    before = len(page.stills)
    while len(page.stills) < before + 4:
        page.wait_for_timeout(300)

    expect(page.locator("#scans li")).to_have_count(1)
    expect(said(page)).to_have_text("")
    scan = Scan.objects.get()
    assert (scan.by, scan.result, scan.device[:6]) == ("code", "came", "phone-")
    assert Registration.objects.get(member__ref="ada").checked_in_at == scan.scanned_at
    assert page.problems == []


def test_a_camera_that_is_stopped_is_free_and_sends_nothing_more(at_the_door, evening):
    page = at_the_door(stills.picture())
    button(page).click()
    with page.expect_response("**/still/") as answered:
        pass
    assert answered.value.json() == {"codes": []}
    assert page.evaluate(TRACK) == "live"

    button(page).click()
    expect(button(page)).to_have_text("Use the camera")
    expect(page.locator("#camera video")).to_be_hidden()
    assert page.evaluate(TRACK) == "ended"
    # What was on its way arrives; nothing follows it.
    page.wait_for_timeout(700)
    sent = len(page.stills)
    page.wait_for_timeout(2_000)
    assert len(page.stills) == sent

    button(page).click()
    with page.expect_response("**/still/"):
        pass
    assert page.evaluate(TRACK) == "live"
    assert page.problems == []


def test_stills_are_small_and_never_two_at_once(at_the_door, evening):
    page = at_the_door(stills.picture(size=(1280, 720)))
    held = []
    page.route("**/still/", lambda route: held.append(route))  # noqa: PLW0108  Playwright marks what it is given.
    button(page).click()
    while not held:
        page.wait_for_timeout(100)
    page.wait_for_timeout(2_000)
    assert len(held) == 1

    held[0].fulfill(json={"codes": []})
    while len(held) < 2:
        page.wait_for_timeout(100)
    still = held[1].request.post_data_buffer
    held[1].fulfill(json={"codes": []})

    with Image.open(io.BytesIO(still)) as image:
        assert (image.format, image.size) == ("JPEG", (640, 360))
    assert len(still) < settings.STILL_BYTES_MAX


def test_a_page_that_is_out_of_sight_sends_nothing(at_the_door, evening):
    page = at_the_door(stills.picture())
    button(page).click()
    with page.expect_response("**/still/"):
        pass

    # As when the phone is locked, or another page is looked at.
    page.evaluate("() => Object.defineProperty(document, 'hidden', { value: true, configurable: true })")
    page.wait_for_timeout(700)
    sent = len(page.stills)
    page.wait_for_timeout(2_000)
    assert len(page.stills) == sent

    page.evaluate("() => Object.defineProperty(document, 'hidden', { value: false, configurable: true })")
    with page.expect_response("**/still/"):
        pass


def test_a_host_reads_codes_by_their_own_session(phone_with, server, evening):
    cy = ActivityPerson.objects.get(part="host").member
    page = entered(phone_with(stills.picture(code("bo"))), server, cy, viewport=PHONE)
    page.goto(f"{server}/me/hosting/evening/scan/")

    button(page).click()
    page.locator("#result[data-kind=came]").wait_for()

    assert Scan.objects.get().actor == f"host {cy.pk}"
    assert page.problems == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_offline_it_says_that_codes_are_typed_and_goes_on_when_it_is_online(at_the_door, evening, language):
    words = "Without a connection" if language == "en" else "没有网络时"
    page = at_the_door(stills.picture(code("ada")), language=language)
    page.context.set_offline(True)

    button(page).click()
    expect(said(page)).to_contain_text(words)
    assert page.stills == []
    typed(page, code("bo"))
    page.locator("#result[data-kind=waiting]").wait_for()
    assert (overflow(page), violations(page)) == (0, [])
    shot(page, f"camera-offline-{language}")
    page.context.set_offline(False)
    expect(page.locator("#scans li")).to_have_count(2)

    expect(said(page)).to_have_text("")
    assert set(Scan.objects.values_list("member__ref", "result")) == {("ada", "came"), ("bo", "came")}


def test_a_browser_that_reads_codes_itself_sends_no_still_and_goes_on_offline(at_the_door, evening):
    page = at_the_door(
        stills.picture(code("bo")), script=READS_ITSELF % {"formats": '["qr_code"]', "code": code("ada")}
    )
    page.context.set_offline(True)

    button(page).click()
    page.locator("#result[data-kind=waiting]").wait_for()
    while page.evaluate("window.looks") < 8:
        page.wait_for_timeout(300)
    expect(said(page)).to_have_text("")
    page.context.set_offline(False)
    page.locator("#result[data-kind=came]").wait_for()
    expect(page.locator("#result")).to_contain_text("Ada Lund")

    assert page.stills == []
    assert Scan.objects.count() == 1


def test_a_detector_with_nothing_behind_it_is_passed_over(at_the_door, evening):
    page = at_the_door(stills.picture(code("ada")), script=READS_ITSELF % {"formats": "[]", "code": "nonsense"})

    button(page).click()
    page.locator("#result[data-kind=came]").wait_for()

    assert page.evaluate("window.looks") == 0
    assert Scan.objects.get().member.ref == "ada"


def test_two_codes_in_sight_are_each_taken_once(at_the_door, evening):
    page = at_the_door(stills.picture(code("ada"), code("bo")))

    button(page).click()
    expect(page.locator("#scans li")).to_have_count(2)
    before = len(page.stills)
    while len(page.stills) < before + 4:
        page.wait_for_timeout(300)

    assert sorted(Scan.objects.values_list("member__ref", "result")) == [("ada", "came"), ("bo", "came")]


def test_a_picture_of_the_wall_is_told_as_what_it_is(at_the_door, evening):
    page = at_the_door(stills.picture("https://example.org/" + "wall" * 60, size=(640, 640), scale=5))

    button(page).click()
    page.locator("#result[data-kind=refused]").wait_for()

    expect(page.locator("#result")).to_contain_text("no code of ours")


def test_a_door_that_is_slowed_waits_and_one_that_is_closed_says_so(at_the_door, evening):
    page = at_the_door(stills.picture())
    page.route("**/still/", lambda route: route.fulfill(status=429, headers={"Retry-After": "1"}))
    button(page).click()
    while len(page.stills) < 2:
        page.wait_for_timeout(300)
    expect(said(page)).to_have_text("")
    page.unroute("**/still/")

    page.context.clear_cookies()
    expect(said(page)).to_contain_text("Load this page anew")


CANNOT = [
    ("NotAllowedError", "Allow it in the settings", "请在浏览器设置中允许"),
    ("NotFoundError", "No camera was found", "没有找到摄像头"),
    ("NotReadableError", "Another program is using", "另一个程序正在使用"),
    ("TypeError", "did not open", "摄像头没有打开"),
]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_camera_that_cannot_be_had_is_told_with_what_to_do(at_the_door, evening, language):
    page = at_the_door(stills.picture(), language=language)

    for name, english, chinese in CANNOT:
        page.evaluate(
            "(name) => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', name)) }", name
        )
        button(page).click()
        expect(said(page)).to_contain_text(english if language == "en" else chinese)
        expect(button(page)).to_be_enabled()
        assert overflow(page) == 0
    shot(page, f"camera-not-had-{language}")

    assert (violations(page), page.problems, page.stills) == ([], [], [])


def test_a_camera_that_is_taken_away_is_told_and_can_be_opened_again(at_the_door, evening):
    page = at_the_door(stills.picture())
    button(page).click()
    expect(button(page)).to_have_text("Stop the camera")

    # As when another program takes it, or its cable is pulled.
    page.evaluate("() => window.given.getVideoTracks()[0].dispatchEvent(new Event('ended'))")
    expect(said(page)).to_contain_text("taken away")
    button(page).click()
    expect(button(page)).to_have_text("Stop the camera")

    assert page.evaluate(TRACK) == "live"


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_tls_it_says_why_there_is_no_camera(phone_with, server, evening, settings, language):
    # Browsers trust localhost as it is, and another name only over https.
    settings.ALLOWED_HOSTS = ["localhost", "door.example"]
    elsewhere = server.replace("localhost", "door.example")
    page = operating(
        phone_with(stills.picture(), "--host-resolver-rules=MAP door.example 127.0.0.1"), elsewhere, viewport=PHONE
    )
    speak(page, elsewhere, language)
    page.goto(f"{elsewhere}/staff/activities/evening/scan/")

    expect(said(page)).to_contain_text("https://")
    expect(button(page)).to_be_hidden()
    typed(page, code("ada"))
    page.locator("#result[data-kind=came]").wait_for()
    assert (overflow(page), violations(page)) == (0, [])


def test_a_browser_without_cameras_says_so(chromium, server, evening):
    page = operating(chromium, server, viewport=PHONE)
    page.add_init_script("Object.defineProperty(navigator, 'mediaDevices', { value: undefined })")
    page.goto(f"{server}/staff/activities/evening/scan/")

    expect(said(page)).to_contain_text("another one")
    expect(button(page)).to_be_hidden()
