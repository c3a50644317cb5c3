"""Files of events that a worker brings in: tried, filed quietly, watched, broken off, taken back."""

from __future__ import annotations

import io
import json
from types import SimpleNamespace

import pytest
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from incentives.domain import event_import_jobs
from incentives.domain.event_import_jobs import carry_on, hand_in
from incentives.domain.importing import BadImport, import_events
from incentives.domain.ledger.queries import balances
from incentives.tasks.imports import carry_on_imports
from members.domain.people import import_steps
from members.models import Event, EventImport, EventImportFile, EventImportRefusal, ImportedEvent, Member
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db
MAPPING = """
source: app
id: "{no}"
type: content.published
subject: "{who}"
data: {content_id: "{no}", words: "{words}"}
"""


@pytest.fixture(autouse=True)
def _world(monkeypatch):
    factories.world()
    factories.rule({"code": "post", "then": [award(10)]})
    factories.MemberFactory(ref="ada")
    monkeypatch.setattr(event_import_jobs, "CHUNK", 2)


def lines(*items):
    return io.BytesIO("\n".join(json.dumps(each) for each in items).encode())


def handed_in(*items, name="events.jsonl", **options):
    return hand_in(file=lines(*items), name=name, now=timezone.now(), **options)


def carried_on(made, **options):
    carry_on(now=timezone.now(), **options)
    made.refresh_from_db()
    return made


def counts(made):
    return made.state, made.accepted, made.duplicates, made.rejected


FIVE = [item(f"e{n}", "ada") for n in range(4)] + [{**item("bad", "ada"), "type": "no.such.type"}]


def test_what_is_only_tried_says_what_would_be_refused_and_stores_nothing():
    made = carried_on(handed_in(*FIVE, is_tried=True))

    assert counts(made) == ("tried", 4, 0, 1)
    assert (made.checked, made.written, made.finished_at is not None) == (5, 0, True)
    [refusal] = EventImportRefusal.objects.all()
    assert (refusal.line, refusal.sentence.startswith("/type: ")) == (5, True)
    assert not Event.objects.exists()
    assert not EventImportFile.objects.exists()


def test_good_lines_are_filed_quietly_and_refused_ones_are_kept_with_why():
    made = carried_on(handed_in(*FIVE))
    while factories.judge().events:
        pass

    assert counts(made) == ("done", 4, 0, 1)
    assert (made.is_quiet, made.written, made.checked) == (True, 5, 5)
    assert ImportedEvent.objects.filter(of=made).count() == 4
    assert [line.available for line in balances(Member.objects.get(ref="ada").pk) if line.currency == "points"] == [40]
    assert not EventImportFile.objects.exists()


def test_what_does_not_fit_into_one_run_is_gone_on_with_by_the_next(monkeypatch):
    made = carried_on(handed_in(*FIVE), seconds_max=0)
    assert counts(made) == ("waiting", 0, 0, 0)

    clock = SimpleNamespace(monotonic=iter([0.0, 0.0, 99.0]).__next__)
    monkeypatch.setattr(event_import_jobs, "time", clock)
    assert (counts(carried_on(made)), made.written) == (("writing", 2, 0, 0), 2)
    monkeypatch.undo()

    assert counts(carried_on(made)) == ("done", 4, 0, 1)
    assert Event.objects.filter(source__code="app").count() == 4


def test_two_workers_at_one_file_do_nothing_twice(monkeypatch):
    made = handed_in(*FIVE)
    stale = EventImport.objects.get(pk=made.pk)
    carried_on(made)
    EventImportFile.objects.create(of=made, content=lines(*FIVE).read())

    assert event_import_jobs._carry(stale, timezone.now(), deadline=float("inf")) is False

    made.refresh_from_db()
    assert counts(made) == ("done", 4, 0, 1)


def test_the_same_file_again_is_the_same_import_until_it_is_over_and_known_events_after():
    first, again = handed_in(*FIVE), handed_in(*FIVE)
    assert first == again

    carried_on(first)
    later = carried_on(handed_in(*FIVE))

    assert later != first
    assert counts(later) == ("done", 0, 4, 1)
    assert Event.objects.filter(source__code="app").count() == 4


def test_what_the_command_line_left_unfinished_is_gone_on_with(tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_bytes(lines(*FIVE).read())

    def broken_off(_line, _count):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_events(path=path, mapping=None, now=timezone.now(), progress=broken_off)
    begun = EventImport.objects.get()

    made = handed_in(*FIVE)

    assert made == begun
    assert counts(carried_on(made)) == ("done", 0, 4, 1)


def test_a_table_needs_a_mapping_and_its_rows_are_events():
    table = b"no,who,words\n1,ada,200\n2,ada\n3,ada,many\n"

    with pytest.raises(BadImport, match="needs a mapping"):
        hand_in(file=io.BytesIO(table), name="posts.CSV", now=timezone.now())
    made = carried_on(hand_in(file=io.BytesIO(table), name="posts.CSV", mapping=MAPPING, now=timezone.now()))

    assert counts(made) == ("done", 1, 0, 2)
    assert list(made.refusals.order_by("line").values_list("line", flat=True)) == [3, 4]


@pytest.mark.parametrize(
    ("content", "mapping", "sentence"),
    [
        (b"", MAPPING, "There is no event in this file."),
        (b"no,who\n1,ada\n", MAPPING, "no column 'words'"),
        (b"no,who,words\n1,ada,2\n", "[", "The mapping cannot be read"),
        (b"no,who,words\n1,\xff,2\n", MAPPING, "is not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole(content, mapping, sentence):
    with pytest.raises(BadImport, match=sentence):
        hand_in(file=io.BytesIO(content), name="posts.csv", mapping=mapping, now=timezone.now())

    assert not EventImport.objects.exists()


def test_a_file_that_turns_bad_while_it_is_brought_in_says_why(monkeypatch):
    made = handed_in(*FIVE)
    EventImportFile.objects.update(mapping="[")
    EventImport.objects.update(name="events.csv")

    made = carried_on(made)

    assert counts(made) == ("refused", 0, 0, 1)
    assert made.refusals.get().line == 0


def test_only_the_first_refusals_are_kept_and_they_are_forgotten_in_time(monkeypatch):
    monkeypatch.setattr(import_steps, "REFUSALS_MAX", 3)
    bad = [{**item(f"b{n}", "ada"), "type": "no.such.type"} for n in range(5)]
    made = carried_on(handed_in(*bad, is_tried=True))

    assert made.rejected == 5
    assert [line.line for line in made.refusals.order_by("line")] == [1, 2, 3]
    assert str(made.refusals.first()).startswith("line ")
    EventImport.objects.update(made_at=timezone.now() - import_steps.FORGOTTEN_AFTER)
    assert import_steps.forget_refusals(now=timezone.now()) == 3


@pytest.fixture
def operator():
    visitor = Client()
    visitor.force_login(get_user_model().objects.create_superuser("op", "", "a long password"))
    return visitor


def upload(operator, *items, name="events.jsonl", **fields):
    file = SimpleUploadedFile(name, lines(*items).read())
    return operator.post("/admin/members/eventimport/import/", {"file": file, **fields}, follow=True)


def test_an_operator_tries_a_file_reads_what_is_refused_and_brings_it_in(operator):
    tried = upload(operator, *FIVE, is_tried="on")
    page = tried.request["PATH_INFO"]
    assert b"rows were looked through" in tried.content
    pk = EventImport.objects.get().pk
    progress = f"/admin/members/eventimport/{pk}/progress/"
    assert operator.get(progress, headers={"HX-Request": "true"}).status_code == 200
    carry_on_imports()
    assert operator.get(progress, headers={"HX-Request": "true"})["HX-Redirect"] == page

    shown = operator.get(page).content.decode()
    refused = operator.get(f"/admin/members/eventimport/{pk}/refused/").content.decode()
    real = upload(operator, *FIVE).request["PATH_INFO"]
    carry_on_imports()
    done = operator.get(real).content.decode()

    assert "4 accepted, 0 known before, 1 refused" in shown
    assert "nothing was stored" in shown
    assert refused.splitlines()[0] == "line,what is wrong"
    assert refused.splitlines()[1].startswith("5,")
    assert "4 accepted, 0 known before, 1 refused" in done
    assert EventImport.objects.order_by("-pk")[0].made_by.username == "op"


def test_a_table_without_a_mapping_and_a_file_too_large_are_told_in_the_form(operator, monkeypatch):
    monkeypatch.setattr("incentives.admin.import_windows.FILE_BYTES_MAX", 40)
    csv_file = SimpleUploadedFile("posts.csv", b"no\n1\n")
    no_mapping = operator.post("/admin/members/eventimport/import/", {"file": csv_file})
    too_large = upload(operator, *FIVE)
    csv_file.seek(0)
    bad = operator.post("/admin/members/eventimport/import/", {"file": csv_file, "mapping": "["})

    assert b"A CSV file needs a mapping" in no_mapping.content
    assert b"manage.py import_events" in too_large.content
    assert b"The mapping cannot be read" in bad.content
    assert not EventImport.objects.exists()


def test_an_operator_takes_back_what_an_import_has_paid_once(operator, monkeypatch):
    made = carried_on(handed_in(*FIVE))
    while factories.judge().events:
        pass
    undo = f"/admin/members/eventimport/{made.pk}/undo/"

    monkeypatch.setattr("incentives.admin.event_imports.UNDONE_HERE_MAX", 3)
    said = [operator.post(undo, {"_form_submitted": "on", "reason": "twice"}, follow=True).content.decode()]
    monkeypatch.undo()
    said += [
        operator.post(undo, {"_form_submitted": "on", "reason": "twice"}, follow=True).content.decode()
        for _ in range(2)
    ]

    assert "manage.py import_events --undo" in said[0]
    assert "Taken back 4, stopped 0, not recovered 0." in said[1]
    made.refresh_from_db()
    assert made.undone_by.username == "op"
    assert "This import was undone before." in said[2]
