"""Pages that watch long work: they ask every two seconds, say how far it is, and show the end by themselves.

The work is carried on here, a part at a time, the way the workers' tasks do.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.contrib.auth import get_user_model
from playwright.sync_api import expect

from incentives.domain import event_import_jobs
from incentives.domain.corrections import running
from incentives.domain.corrections.making import Wanted, make
from incentives.models import Correction
from incentives.tasks.corrections import carry_on_corrections
from incentives.tasks.imports import carry_on_imports
from members.domain.people import import_jobs
from members.models import EventImport, Member, MemberImport
from tests import factories
from tests.browser.eyes import operating, overflow, shot, violations

pytestmark = [pytest.mark.browser, pytest.mark.any_database]
# A page asks every two seconds; a busy machine may need longer.
PATIENCE = 60_000


@pytest.fixture
def operator(chromium, server):
    return operating(chromium, server)


def taken_on(page, pk, before):
    """Wait until the step has reached the server: the page before it says some of the same words."""
    for _ in range(PATIENCE // 100):
        if Correction.objects.get(pk=pk).state != before:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"it is {before} still")


def said(page, words):
    page.get_by_text(words).first.wait_for(timeout=PATIENCE)


def test_a_large_table_of_members_is_watched_until_it_is_stored(operator, server, committed_db, monkeypatch):
    monkeypatch.setattr(import_jobs, "CHUNK", 300)
    page, before = operator, Member.objects.count()
    table = "\n".join(["ref,display_name", *(f"new-{n},New {n}" for n in range(600))])
    page.goto(f"{server}/admin/members/member/import/")
    page.locator("[name=file]").set_input_files(
        {"name": "people.csv", "mimeType": "text/csv", "buffer": table.encode()}
    )
    page.locator("[name=is_tried]").uncheck()
    page.locator("button.desk-button", has_text="Import").click()

    said(page, "0 rows were looked through")
    made = MemberImport.objects.get()
    import_jobs.carry_on(now=datetime.now(UTC), seconds_max=0)
    said(page, "300 rows were looked through")
    expect(page.locator("#import-progress")).to_have_attribute("role", "status")
    assert violations(page) == []
    for _ in range(3):
        import_jobs.carry_on(now=datetime.now(UTC), seconds_max=0)
        made.refresh_from_db()
        if made.written:
            break
    said(page, "300 of 600 rows are stored.")
    expect(page.locator("#import-progress progress")).to_have_attribute("value", "300")
    shot(page, "admin-import-progress")
    carry_on_imports()
    said(page, "600 new, 0 changed, 0 unchanged, 0 refused")

    expect(page.locator("#import-progress")).to_have_count(0)
    assert Member.objects.count() == before + 600
    assert page.problems == []


def test_a_file_of_events_is_tried_and_then_watched_until_it_is_in(operator, server, committed_db, monkeypatch):
    monkeypatch.setattr(event_import_jobs, "CHUNK", 2)
    page = operator
    items = [factories.item(f"old-{n}", "ada", source="forum", data={"content_id": f"o{n}", "words": 200, "topic": "news"})
             for n in range(4)]  # fmt: skip
    items.append({**items[0], "id": "bad", "type": "no.such.type"})
    file = {"name": "events.jsonl", "mimeType": "application/json",
            "buffer": "\n".join(json.dumps(each) for each in items).encode()}  # fmt: skip
    page.goto(f"{server}/admin/members/eventimport/")
    expect(page.locator("a[href*='eventimport/import']").first).to_be_visible()
    page.goto(f"{server}/admin/members/eventimport/import/")
    page.locator("[name=file]").set_input_files(file)
    expect(page.locator("[name=is_tried]")).to_be_checked()
    assert violations(page) == []
    shot(page, "admin-import-events")
    page.locator("button.desk-button", has_text="Import").click()

    said(page, "0 rows were looked through")
    carry_on_imports()
    said(page, "It would do this; nothing was stored")
    expect(page.get_by_text("4 accepted, 0 known before, 1 refused")).to_be_visible()
    expect(page.get_by_role("cell", name="5", exact=True)).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Refused lines").click()
    assert download.value.suggested_filename.endswith("-refused.csv")

    page.goto(f"{server}/admin/members/eventimport/import/")
    page.locator("[name=file]").set_input_files(file)
    page.locator("[name=is_tried]").uncheck()
    page.locator("button.desk-button", has_text="Import").click()
    page.locator("#import-progress").wait_for()
    event_import_jobs.carry_on(now=datetime.now(UTC), seconds_max=0.000_001)
    event_import_jobs.carry_on(now=datetime.now(UTC))
    said(page, "4 accepted, 0 known before, 1 refused")

    assert EventImport.objects.order_by("-pk")[0].state == "done"
    expect(page.locator("#import-progress")).to_have_count(0)
    assert overflow(page) == 0
    assert page.problems == []


def test_a_correction_is_watched_while_it_is_worked_out_done_and_undone(operator, server, committed_db):
    page = operator
    refs = tuple(factories.MemberFactory(ref=f"guest-{n}").ref for n in range(4))
    chief = get_user_model().objects.get(username="operator")
    made = make(
        Wanted(
            found_by="refs", act="add", reason="Thank you.", refs=refs, currency="points", amount=Decimal(5), by=chief
        ),
        now=datetime.now(UTC),
    )
    page.goto(f"{server}/admin/incentives/correction/{made.pk}/change/")

    said(page, "It is being worked out.")
    assert violations(page) == []
    carry_on_corrections()
    page.get_by_text("+20 Points").first.wait_for(timeout=PATIENCE)
    for verb, step in (("approve", "done"), ("undo", "undone")):
        before = Correction.objects.get(pk=made.pk).state
        page.get_by_role("link", name=verb.title()).first.click()
        page.locator("#dialog").wait_for()
        if verb == "undo":
            page.locator("#dialog [name=reason]").fill("It was another evening.")
        page.locator("#dialog button[type=submit], #dialog form button").last.click()
        taken_on(page, made.pk, before)
        said(page, "waiting ·")
        running.carry_on(seconds_max=0)
        said(page, f"1 {step}")
        shot(page, f"admin-correction-{step}")
        carry_on_corrections()
        page.locator("#correction-progress[hx-get]").wait_for(state="detached", timeout=PATIENCE)
        assert Correction.objects.get(pk=made.pk).state == step

    assert page.problems == []
