"""A browser, a community and a server for tests of pages."""

from __future__ import annotations

import os
import shutil
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model

from activities.domain import registering
from activities.models import ActivityPerson
from incentives.domain.program import apply_program
from incentives.models import QuestInterval
from members.models import Member
from tests import databases, factories, stills

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
# A camera that shows a film, and a person who lets the page have it.
CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]


@pytest.fixture(scope="session")
def launch():
    """Start a browser, with flags of its own."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("Chromium is not installed here")
    # Playwright's own loop runs in this thread; Django would refuse to query beside it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    from django.db import connections
    from playwright.sync_api import expect, sync_playwright

    # After a click the next page may be half read; what is expected is waited for, long enough for a busy machine.
    expect.set_options(timeout=30_000)

    # Beside a running loop Django opens connections anew; the one before must not keep the database busy.
    connections.close_all()
    with sync_playwright() as playwright:
        yield lambda *flags: playwright.chromium.launch(executable_path=path, args=[*FLAGS, *flags])
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="session")
def chromium(launch):
    browser = launch()
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def community_database(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), databases.prepared_copy(settle) as name:
        yield name


@pytest.fixture
def committed_db(community_database, django_db_blocker):
    """A copy of the community that may be committed to; yields its name."""
    with django_db_blocker.unblock(), databases.committed_copy(of=community_database) as name:
        yield name


@pytest.fixture
def community(committed_db):
    """Ada, who posted on 22 days, the last of them today; and an operator."""
    return Member.objects.get(ref="ada")


def settle():
    now = datetime.now(UTC)
    apply_program(folder=Path("docs/examples/community"), now=now, in_force_from=now - timedelta(days=365))
    # Quests begin now, so that her history is that of her posts alone.
    QuestInterval.objects.update(open_from=now)
    ada = factories.MemberFactory(ref="ada", display_name="Ada Lund", joined_at=now - timedelta(days=300))
    ada.user = get_user_model().objects.create_user("ada", "", "a long password")
    ada.save()
    get_user_model().objects.create_superuser("operator", "", "a long password")
    posts = [
        {"source": "forum", "id": f"p{n}", "type": "content.published", "subject": "ada",
         "time": (now - timedelta(days=21 - n)).isoformat(),
         "data": {"content_id": f"c{n}", "words": 90 + 40 * n, "topic": "guides"}}
        for n in range(22)
    ]  # fmt: skip
    factories.report(*posts, now=now)
    while factories.judge().events:
        pass


@pytest.fixture
def evening(community):
    """An evening that began half an hour ago; Ada and Bo have a place, Cy is its host."""
    now = datetime.now(UTC)
    made = factories.announced(
        now=now - timedelta(days=9), starts_at=now - timedelta(minutes=30), capacity=20, is_open_to_guests=True,
        names={"en": "Sourdough, slowly", "zh-hans": "慢慢做酸面包"},
    )  # fmt: skip
    bo = factories.MemberFactory(ref="bo", display_name="Bo Roth")
    for member in (community, bo):
        registering.register(activity_id=made.pk, member=member, now=now - timedelta(days=1))
    cy = factories.MemberFactory(ref="cy", display_name="Cy Berg")
    ActivityPerson.objects.create(activity=made, member=cy, part="host")
    return made


@pytest.fixture
def server(chromium, community, committed_db):
    """The service on a free port; what pages still ask for is over before the database goes."""
    from django.db import connections
    from pytest_django.live_server_helper import LiveServer

    if connections["default"].vendor == "sqlite":
        connections["default"].inc_thread_sharing()
    live = LiveServer("localhost")
    yield live.url
    # A page that asks every two seconds would ask the next test's database.
    for context in chromium.contexts:
        context.close()
    live.stop()
    for thread in threading.enumerate():
        if thread.name.endswith("(process_request_thread)"):
            thread.join(20)


@pytest.fixture
def phone_with(launch, server, tmp_path):
    """Start a browser whose camera sees a picture; it is closed before the server is."""
    browsers = []

    def start(image, *flags):
        film = stills.film(tmp_path / f"camera-{len(browsers)}.y4m", image)
        browsers.append(launch(*CAMERA, f"--use-file-for-fake-video-capture={film}", *flags))
        return browsers[-1]

    yield start
    for browser in browsers:
        browser.close()
