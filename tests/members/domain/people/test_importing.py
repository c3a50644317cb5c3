"""Members from a table: all or nothing, quietly, and undone as a whole."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from incentives.domain.imports import undo_import
from incentives.domain.ledger.verify import verify
from incentives.models import Account
from members.domain.attributes import definitions
from members.domain.people.importing import AlreadyUndone, import_members
from members.domain.people.sheets import BadTable
from members.domain.people.tables import table_of
from members.models import AttributeDefinition, Event, Member, MemberImport, Work
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db
TITLES = "ref,display_name,email,time_zone,joined_at,house,attributes.plan"


@pytest.fixture(autouse=True)
def _world():
    factories.world()
    AttributeDefinition.objects.create(code="plan", kind="choice", choices=["basic", "gold"])
    factories.rule({"code": "welcome", "when": "member.joined", "then": [award(10)]})
    yield
    assert [proof for proof in verify() if not proof.holds] == []


def bring(*rows, titles=TITLES, **options):
    text = "\ufeff" + "\r\n".join([titles, *rows]) + "\r\n"
    return import_members(file=io.BytesIO(text.encode()), name="people.csv", now=timezone.now(), **options)


def judge():
    while factories.judge().events:
        pass


def test_a_table_makes_and_changes_members_and_is_quiet():
    ada = factories.MemberFactory(ref="ada", display_name="Ada", email="ada@x.example")

    done = bring("ada,Ada Lund,,,,,gold", "bo,Bo,bo@x.example,Asia/Tokyo,2020-05-01T00:00:00Z,true,")
    judge()

    assert (done.created, done.changed, done.unchanged, done.rejected) == (1, 1, 0, 0)
    ada.refresh_from_db()
    bo = Member.objects.get(ref="bo")
    assert (ada.display_name, ada.email, ada.attributes) == ("Ada Lund", "ada@x.example", {"plan": "gold"})
    assert (bo.time_zone, bo.joined_at, bo.is_house) == ("Asia/Tokyo", datetime(2020, 5, 1, tzinfo=UTC), True)
    assert bo.history.get().history_change_reason == f"import {done.made.pk}"
    assert Event.objects.filter(member=bo, type__code="member.joined").count() == 1
    assert not Account.objects.filter(balance__gt=0).exists()
    assert set(Member.objects.newcomers()) == {ada}
    bring("cy,Cy,,,,,", is_quiet=False)
    bring("cy,Cy again,,,,,")
    assert {member.ref for member in Member.objects.newcomers()} == {"ada", "cy"}


def test_one_bad_line_and_nothing_is_stored_and_every_mistake_is_told_with_its_line():
    done = bring(
        "ada,Ada,,,,,",
        "bo,Bo,nobody,Mars/Olympus,yesterday,perhaps,silver",
        "cy,Cy",
        "ada,Ada again,,,,,",
        ",Nobody,,,,,",
    )

    assert (done.created, done.rejected, done.made) == (1, 4, None)
    lines = dict(done.refused)
    assert list(lines) == [3, 4, 5, 6]
    for word in ("email:", "time_zone:", "joined_at:", "house:", "attributes.plan:"):
        assert word in lines[3]
    assert (Member.objects.count(), MemberImport.objects.count(), Event.objects.count()) == (0, 0, 0)


def test_a_dry_run_says_what_it_would_do():
    done = bring("ada,Ada,,,,,", dry_run=True)

    assert (done.created, done.made, Member.objects.count()) == (1, None, 0)


@pytest.mark.parametrize("titles", ["name", "ref,emial", "ref,ref", ""])
def test_a_table_with_other_columns_is_refused_as_a_whole(titles):
    with pytest.raises(BadTable):
        bring("ada", titles=titles)


@pytest.mark.parametrize(("before", "row"), [("active", "banned"), ("banned", "active"), ("active", "erased")])
def test_nobody_is_banned_or_let_back_in_by_a_table(before, row):
    factories.MemberFactory(ref="ada", status=before)

    assert bring(f"ada,{row}", titles="ref,status").rejected == 1
    assert Member.objects.get().status == before


def test_what_is_written_out_is_read_back_without_a_change_and_is_no_formula():
    factories.MemberFactory(ref="=1+1", display_name="@SUM(A1)", attributes={"plan": "gold"}, status="banned")
    factories.MemberFactory(ref="-5", display_name="'quoted'", email="a@x.example", is_verified=True)
    out = io.StringIO()
    csv.writer(out).writerows(table_of(Member.objects.all(), definitions()))

    done = import_members(file=io.BytesIO(out.getvalue().encode()), name="again.csv", now=timezone.now())

    assert "'=1+1,'@SUM(A1)" in out.getvalue()
    assert (done.unchanged, done.created, done.changed, done.refused) == (2, 0, 0, [])


def test_an_import_is_undone_as_a_whole_and_once():
    factories.MemberFactory(ref="ada", display_name="Ada", language="en")
    factories.MemberFactory(ref="bo", display_name="Bo")
    titles = "ref,display_name,language,status"
    done = bring("ada,Changed,de,suspended", "bo,Changed,,", "new,New,,", "alive,Alive,,", titles=titles)
    Member.objects.filter(ref="bo").update(display_name="Changed again")
    factories.report(item("e1", "alive"))
    judge()

    undone = undo_import(import_id=done.made.pk, now=timezone.now())

    assert (undone.removed, undone.restored, undone.kept) == (1, 1, 1)
    kept = Member.objects.order_by("ref").values_list("ref", "display_name", "language", "status")
    assert list(kept) == [
        ("ada", "Ada", "en", "active"), ("alive", "Alive", "", "left"), ("bo", "Changed again", "", "active"),
    ]  # fmt: skip
    assert not Member.history.filter(ref="new").exists()
    with pytest.raises(AlreadyUndone):
        undo_import(import_id=done.made.pk, now=timezone.now())


def test_undoing_a_loud_import_takes_back_what_joining_paid():
    done = bring("paid,Paid,,,,,", is_quiet=False)
    judge()
    assert Account.objects.get(balance__gt=0).balance == 10

    undone = undo_import(import_id=done.made.pk, now=timezone.now())
    judge()

    assert (undone.removed, undone.kept) == (0, 1)
    assert Member.objects.get().status == "left"
    assert not Account.objects.filter(balance__gt=0).exists()
    assert not Work.objects.exists()


def test_more_rows_ask_the_database_no_more_often():
    def queries(first, count):
        with CaptureQueriesContext(connection) as asked:
            bring(*(f"m{number},M,,,,," for number in range(first, first + count)))
        return len(asked)

    queries(0, 1)  # The registry is read anew after two seconds at most.
    assert queries(10, 2) == queries(20, 40)


def test_the_shell_brings_tries_and_undoes(tmp_path, capsys):
    path = tmp_path / "people.csv"
    path.write_text("ref,display_name\nada,Ada\nbo\n", encoding="utf-8")
    with pytest.raises(SystemExit):
        call_command("import_members", str(path), "--quiet")
    assert "line 3, There are 1 cells, but 2 columns." in capsys.readouterr().out
    path.write_text("ref,display_name\nada,Ada\n", encoding="utf-8")

    call_command("import_members", str(path), "--quiet")
    out = tmp_path / "out.csv"
    call_command("export_members", str(out))
    call_command("import_members", "--undo", str(MemberImport.objects.get().pk))

    assert out.read_text(encoding="utf-8").splitlines()[1].startswith("ada,Ada,")
    assert not Member.objects.exists()


def test_an_operator_tries_brings_and_undoes_a_table_in_the_admin():
    desk = Client()
    desk.force_login(get_user_model().objects.create_superuser("operator"))

    def send(text, **more):
        file = SimpleUploadedFile("people.csv", text.encode())
        return desk.post("/admin/members/member/import/", {"file": file, **more}).content.decode()

    refused = send("ref,display_name\nada\n")
    tried = send("ref,display_name\nada,Ada\n", is_tried="on")
    assert ("There are 1 cells, but 2 columns." in refused, "1 new" in tried, Member.objects.count()) == (True, True, 0)
    send("ref,display_name\nada,Ada\n")
    table = b"".join(desk.get("/admin/members/member/export/").streaming_content).decode()
    made = MemberImport.objects.get()
    assert ("ada,Ada," in table, made.made_by.username) == (True, "operator")
    desk.post(f"/admin/members/memberimport/{made.pk}/undo/", {"_form_submitted": "on", "reason": "The wrong file."})

    assert not Member.objects.exists()
