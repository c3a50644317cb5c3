"""Large tables: looked through, then stored by a worker, who may be killed anywhere; all of it or nothing."""

from __future__ import annotations

import io

import pytest
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.utils import timezone

from incentives.admin import imports as admin_imports
from incentives.domain import imports
from incentives.domain.imports import carry_on_imports, undo_import
from incentives.domain.ledger.verify import verify
from incentives.models import Account
from members.domain.people import import_jobs
from members.domain.people.importing import AlreadyUndone, outlook_of
from members.domain.people.sheets import as_xlsx
from members.models import Event, Member, MemberImport, MemberImportFile, MemberImportRefusal
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _world(monkeypatch):
    factories.world()
    factories.rule({"code": "welcome", "when": "member.joined", "then": [award(10)]})
    monkeypatch.setattr(import_jobs, "CHUNK", 2)
    yield
    assert [proof for proof in verify() if not proof.holds] == []


def handed_in(*rows, xlsx=False, **options):
    text = "\r\n".join(["ref,display_name", *rows]).encode()
    file = as_xlsx([row.split(",") for row in text.decode().split("\r\n")]) if xlsx else io.BytesIO(text)
    return import_jobs.hand_in(file=file, name="people.csv", now=timezone.now(), **options)


def carried_on(made, **options):
    carry_on_imports(now=timezone.now(), **options)
    made.refresh_from_db()
    return made


def judge():
    while factories.judge().events:
        pass


def counts(made):
    return made.state, made.created, made.changed, made.unchanged, made.rejected


@pytest.mark.parametrize("xlsx", [False, True])
def test_a_table_is_stored_quietly_and_its_file_is_forgotten(xlsx):
    factories.MemberFactory(ref="ada", display_name="Ada")
    factories.MemberFactory(ref="bo", display_name="Bo")

    made = carried_on(handed_in("ada,Ada", "bo,Bob", "cy,Cy", "di,Di", "ed,Ed", xlsx=xlsx))
    judge()

    assert counts(made) == ("done", 3, 1, 1, 0)
    assert (made.checked, made.written, MemberImportFile.objects.count(), made.lines.count()) == (5, 5, 0, 4)
    assert not Account.objects.filter(balance__gt=0).exists()


def test_one_bad_line_far_down_keeps_everything_out_and_each_is_listed():
    made = carried_on(handed_in("cy,Cy", "di,Di", "a/b,No", "cy,Again", "ed,Ed"))

    assert counts(made)[0] == "refused"
    assert (made.rejected, Member.objects.count(), MemberImportFile.objects.count()) == (2, 0, 0)
    assert list(MemberImportRefusal.objects.order_by("line").values_list("line", flat=True)) == [4, 5]


def test_a_table_that_is_only_tried_says_what_it_would_do():
    factories.MemberFactory(ref="ada", display_name="Ada")

    made = carried_on(handed_in("ada,Adi", "cy,Cy", is_tried=True))

    assert counts(made) == ("tried", 1, 1, 0, 0)
    assert list(Member.objects.values_list("ref", "display_name")) == [("ada", "Ada")]


def test_what_is_no_table_is_refused_as_a_whole():
    made = import_jobs.hand_in(file=io.BytesIO(b"nothing,here\r\n"), name="x.csv", now=timezone.now())

    assert carried_on(made).state == "refused"
    assert MemberImportRefusal.objects.get().line == 0


def test_whoever_goes_on_after_a_kill_begins_where_it_stopped_and_stores_nobody_twice():
    made = handed_in("cy,Cy", "di,Di", "ed,Ed", "fay,Fay", "gus,Gus")

    steps = []
    while not made.is_over:
        # No time at all: each call does one chunk, as if it were killed after it.
        carried_on(made, seconds_max=0)
        steps.append((made.state, made.checked, made.written))

    assert steps[0] == ("checking", 2, 0)
    assert ("writing", 5, 4) in steps
    assert counts(made) == ("done", 5, 0, 0, 0)
    carried_on(made)
    assert Member.objects.count() == 5


class Killed(BaseException):
    """As a worker ends that is killed: nothing in our code holds it up."""


def killed_at(monkeypatch, row, where):
    """Let the work end at a row: as it is read, as it is looked at, once its chunk is stored, or has been counted."""
    seen, real = [], getattr(import_jobs, where)
    at = row + 1

    def reading(*args):
        for number, each in enumerate(real(*args), 1):
            if number == at:
                raise Killed
            yield each

    def working(*args, **options):
        result = real(*args, **options)
        seen.append(where)
        if len(seen) == at:
            raise Killed
        return result

    monkeypatch.setattr(import_jobs, where, reading if where == "read_table" else working)


def outcome(made):
    """Everything that a table leaves behind."""
    made.refresh_from_db()
    members = Member.objects.order_by("ref").values_list("ref", "display_name")
    return {
        "counts": (*counts(made), made.checked, made.written), "members": list(members),
        "lines": list(made.lines.order_by("line").values_list("line", "member__ref", "is_new", "before", "after")),
        "refusals": list(made.refusals.order_by("line").values_list("line", "sentence")),
        "history": sorted(Member.history.values_list("ref", "history_type")),
        "joined": sorted(Event.objects.filter(type__code="member.joined").values_list("member__ref", flat=True)),
        "files": MemberImportFile.objects.count(),
    }  # fmt: skip


PLACES = ("read_table", "drafts_of", "write_refusals", "save_members", "remember", "count")
GOOD = ("ada,Ada", "bo,Bob", "cy,Cy", "di,Di", "ed,Ed", "fay,Fay", "gus,Gus")
BAD = ("ada,Adi", "a/b,No", "cy,Cy", "di,Di", "cy,Again", "fay,Fay", "x/y,No")


@pytest.mark.parametrize("rows", [GOOD, BAD], ids=["good", "with refused lines"])
@pytest.mark.parametrize("xlsx", [False, True], ids=["csv", "xlsx"])
def test_killed_at_any_row_it_comes_to_what_it_would_have_come_to(rows, xlsx, monkeypatch):
    ends, kills = [], set()
    for where in ("read_table", "count") if xlsx else PLACES:
        for row in range(len(rows)):
            # Whoever goes on may have other chunks: of one row each, every row is the border of one.
            for chunk, then in ((1, 3), (2, 2), (2, 5), (3, 2)):
                with transaction.atomic():
                    factories.MemberFactory(ref="ada", display_name="Ada")
                    factories.MemberFactory(ref="bo", display_name="Bo")
                    made = handed_in(*rows, xlsx=xlsx, is_quiet=False)
                    with monkeypatch.context() as patched:
                        patched.setattr(import_jobs, "CHUNK", chunk)
                        killed_at(patched, row, where)
                        try:
                            carried_on(made)
                        except Killed:
                            kills.add((where, row))
                    monkeypatch.setattr(import_jobs, "CHUNK", then)
                    carried_on(made)
                    ends.append(outcome(made))
                    transaction.set_rollback(True)

    assert ends[0]["counts"] == (("done", 5, 1, 1, 0, 7, 7) if rows is GOOD else ("refused", 3, 1, 0, 3, 7, 0))
    assert [each for each in ends if each != ends[0]] == []
    assert kills >= {(where, row) for where in ("read_table", "drafts_of", "count")[:: 1 + xlsx] for row in range(7)}
    assert [line for line, _said in ends[0]["refusals"]] == ([] if rows is GOOD else [3, 6, 8])


def test_a_loud_one_pays_the_welcome_and_an_undo_takes_it_back():
    made = carried_on(handed_in("cy,Cy", "di,Di", is_quiet=False))
    judge()
    assert sum(Account.objects.values_list("balance", flat=True)) == 20

    undo_import(import_id=made.pk, now=timezone.now())

    assert sum(Account.objects.values_list("balance", flat=True)) == 0


def test_a_row_that_became_impossible_meanwhile_takes_all_of_it_back():
    made = handed_in("cy,Cy", "di,Di", "ed,Ed")
    while made.state != "writing" or made.written == 0:
        carried_on(made, seconds_max=0)
    survivor = factories.MemberFactory(ref="other")
    factories.MemberFactory(ref="ed", status="left", merged_into=survivor)

    carried_on(made)

    assert (made.state, made.undone_at is not None) == ("refused", True)
    assert set(Member.objects.values_list("ref", flat=True)) == {"other", "ed"}


def test_an_undo_is_foreseen_with_why_somebody_stays_and_waits_until_it_is_over():
    factories.MemberFactory(ref="ada", display_name="Ada")
    made = handed_in("ada,Adi", "cy,Cy", "di,Di")
    with pytest.raises(AlreadyUndone):
        undo_import(import_id=made.pk, now=timezone.now())
    carried_on(made)
    factories.report(item("e", "cy"))

    outlook = outlook_of(made)

    assert (outlook.removed, outlook.restored, outlook.changed_since) == (1, 1, 0)
    assert [(line.member.ref, why) for line, why in outlook.staying] == [("cy", "events")]
    undone = undo_import(import_id=made.pk, now=timezone.now())
    assert (undone.removed, undone.restored, undone.kept) == (1, 1, 1)


def test_the_admin_hands_a_long_table_to_a_worker_and_offers_the_refused_lines(monkeypatch):
    monkeypatch.setattr(admin_imports, "LINES_AT_ONCE_MAX", 2)
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("ines"))

    def upload(*rows):
        file = SimpleUploadedFile("people.csv", "\r\n".join(["ref,display_name", *rows]).encode())
        return client.post("/admin/members/member/import/", {"file": file})

    assert upload("cy,Cy", "a/b,No").status_code == 200
    assert not MemberImport.objects.exists()

    answer = upload("cy,Cy", "di,Di", "a/b,No")
    made = MemberImport.objects.get()
    assert (answer.status_code, made.state, Member.objects.count()) == (302, "waiting", 0)
    assert "rows were looked through" in client.get(answer.url).content.decode()
    assert client.get(f"/admin/members/memberimport/{made.pk}/progress/").status_code == 200
    imports.carry_on_imports(now=timezone.now())
    assert "ref: 1 to 128" in client.get(answer.url).content.decode()
    assert client.get(f"/admin/members/memberimport/{made.pk}/refused/").content.startswith(b"line,what is wrong\r\n4,")
