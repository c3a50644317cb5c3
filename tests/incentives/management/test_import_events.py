"""Events from files: every line has an answer, and a broken-off import goes on where it stopped."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from incentives.domain import importing
from incentives.management.commands import import_events
from incentives.models import Account
from members.domain.invitations import stages
from members.domain.registry import registry
from members.models import (
    Event,
    EventImport,
    EventPayload,
    EventType,
    Invitation,
    Member,
    MessageTemplate,
    NotificationWork,
    Referral,
    Rejection,
    Source,
    Space,
    Work,
)
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db
MAPPING = """
source: app
id: "order-{no}"
type: content.published
subject: "{who}"
time: "{when}"
data: {content_id: "{no}", words: "{words}", quality: "{quality}"}
"""
HEADER = "no,who,when,words,quality\n"


@pytest.fixture(autouse=True)
def _world(settings, tmp_path):
    settings.DATA_DIR = tmp_path / "data"
    factories.world()
    for ref in ("ada", "bo"):
        factories.MemberFactory(ref=ref)


@pytest.fixture
def jsonl(tmp_path):
    def write(*items, name="events.jsonl"):
        path = tmp_path / name
        path.write_text("".join(f"{each if isinstance(each, str) else json.dumps(each)}\n" for each in items))
        return path

    return write


@pytest.fixture
def csv(tmp_path):
    """Write a CSV file and its mapping, and return what the command is called with."""

    def write(*rows, header=HEADER, mapping=MAPPING, encoding="utf-8"):
        (tmp_path / "orders.csv").write_text(header + "".join(f"{row}\n" for row in rows), encoding=encoding)
        (tmp_path / "orders.yaml").write_text(mapping)
        return [str(tmp_path / "orders.csv"), "--mapping", str(tmp_path / "orders.yaml")]

    return write


def run(*arguments, code=0):
    """Run the command and return what it answered in JSON, having seen its exit code."""
    out = StringIO()
    try:
        call_command("import_events", *[str(each) for each in arguments], "--quiet", "--json", stdout=out)
        found = 0
    except SystemExit as error:
        found = error.code
    assert found == code, out.getvalue()
    return json.loads(out.getvalue())


def marks(settings):
    return list((settings.DATA_DIR / "imports").iterdir())


def test_every_line_of_a_jsonl_file_is_filed_once(jsonl, settings):
    path = jsonl(item("e1", "ada"), "", item("e2", "bo"))

    first, again = run(path), run(path)

    assert (first["accepted"], first["duplicates"], first["rejected"]) == (2, 0, 0)
    assert (again["accepted"], again["duplicates"]) == (0, 2)
    assert Work.objects.count() == 2
    assert marks(settings) == []


def test_refused_lines_are_named_by_number_and_make_the_command_fail(jsonl):
    path = jsonl(item("e1", "ada"), "", item("e2", "nobody"), "{broken", item("e3", "ada", data={"content_id": "c"}))

    done = run(path, code=1)

    assert (done["accepted"], done["rejected"]) == (1, 3)
    assert [line for line, _ in done["refused"]] == [3, 4, 5]
    assert done["refused"][0][1].startswith("/subject: There is no member 'nobody'")
    assert done["refused"][2][1] == "/data/words: words is missing."
    assert Rejection.objects.count() == 3


def test_the_words_for_people_say_the_same(jsonl, capsys):
    with pytest.raises(SystemExit):
        call_command("import_events", str(jsonl(item("e1", "ada"), item("e2", "nobody"))), "--quiet")

    said = capsys.readouterr().out
    assert "accepted 1, known before 0, refused 1" in said
    assert "line 2, /subject: There is no member" in said


def test_only_the_first_refused_lines_are_kept(jsonl):
    done = run(jsonl(*(item(f"e{n}", "nobody") for n in range(30))), code=1)

    assert (done["rejected"], len(done["refused"])) == (30, importing.SHOWN_MAX)


def test_a_dry_run_answers_the_same_and_stores_nothing(jsonl, settings):
    path = jsonl(item("e1", "ada"), item("e2", "nobody"))

    done = run(path, "--dry-run", code=1)

    assert (done["accepted"], done["rejected"]) == (1, 1)
    assert not Event.objects.filter(source__code="app").exists()
    assert not Rejection.objects.exists()
    assert marks(settings) == []


@pytest.fixture
def broken_off(monkeypatch, settings):
    """Import a file of events in pieces of two, and be killed after the second piece."""

    def start(path):
        monkeypatch.setattr(importing, "CHUNK", 2)
        keep, pieces = import_events._keep, []

        def killed(mark, line):
            keep(mark, line)
            pieces.append(line)
            if len(pieces) == 2:
                raise KeyboardInterrupt

        monkeypatch.setattr(import_events, "_keep", killed)
        with pytest.raises(KeyboardInterrupt):
            run(path)
        monkeypatch.setattr(import_events, "_keep", keep)
        assert Work.objects.count() == 4
        assert len(marks(settings)) == 1

    return start


def test_an_import_that_was_broken_off_goes_on_after_the_last_line_that_was_filed(jsonl, broken_off, settings):
    path = jsonl(*(item(f"e{n}", "ada") for n in range(7)))
    broken_off(path)

    done = run(path)

    assert (done["accepted"], done["duplicates"]) == (3, 0)
    assert Work.objects.count() == 7
    assert marks(settings) == []


def test_another_file_of_the_same_name_and_size_is_not_taken_for_the_one_that_was_broken_off(jsonl, broken_off):
    broken_off(jsonl(*(item(f"e{n}", "ada") for n in range(7))))

    done = run(jsonl(*(item(f"f{n}", "ada") for n in range(7))))

    assert done["accepted"] == 7


def test_the_same_content_under_another_name_goes_on_too(jsonl, broken_off):
    items = [item(f"e{n}", "ada") for n in range(7)]
    broken_off(jsonl(*items))

    assert run(jsonl(*items, name="moved.jsonl"))["accepted"] == 3


def test_from_start_looks_at_every_line_again(jsonl, broken_off):
    path = jsonl(*(item(f"e{n}", "ada") for n in range(7)))
    broken_off(path)

    done = run(path, "--from-start")

    assert (done["accepted"], done["duplicates"]) == (3, 4)


def test_a_dry_run_does_not_forget_where_the_real_one_stopped(jsonl, broken_off):
    path = jsonl(*(item(f"e{n}", "ada") for n in range(7)))
    broken_off(path)

    assert run(path, "--dry-run")["accepted"] == 3
    done = run(path)
    assert done.pop("import") == EventImport.objects.get(finished_at__isnull=False).pk
    assert done == {"accepted": 3, "duplicates": 0, "rejected": 0, "refused": []}


def test_progress_is_told_after_each_piece(jsonl, monkeypatch):
    from django.utils import timezone

    monkeypatch.setattr(importing, "CHUNK", 2)
    path = jsonl(item("e1", "ada"), "", item("e2", "ada"), item("e3", "ada"))
    told = []

    importing.import_events(
        path=path, mapping=None, now=timezone.now(), progress=lambda line, count: told.append((line, count))
    )

    assert told == [(3, 2), (4, 1)]


def test_a_csv_file_is_read_by_way_of_its_mapping_and_typed_by_the_schema(csv):
    arguments = csv("1,ada,2026-11-01T10:00:00Z,300,4.5", "2,bo,2026-11-02T10:00:00Z,20,")

    assert run(*arguments)["accepted"] == 2
    data = [json.loads(text) for text in EventPayload.objects.order_by("event_id").values_list("data", flat=True)]
    assert data == [{"content_id": "1", "quality": "4.5", "words": 300}, {"content_id": "2", "words": 20}]
    assert [f"{moment:%m-%d}" for moment in Event.objects.order_by("id").values_list("occurred_at", flat=True)] == [
        "11-01",
        "11-02",
    ]


def test_a_spreadsheets_mark_at_the_beginning_is_no_part_of_the_first_column(csv):
    assert run(*csv("1,ada,2026-11-01T10:00:00Z,300,4.5", encoding="utf-8-sig"))["accepted"] == 1


def test_yes_and_no_and_lists_are_read_from_columns(csv):
    factories.EventTypeFactory(
        code="vote",
        schema={"up": {"type": "bool"}, "tags": {"type": "strings", "optional": True}, "note": {"type": "string"}},
    )
    mapping = 'source: app\nid: "{no}"\ntype: vote\nsubject: ada\ndata: {up: "{up}", tags: "{tags}", note: "{note}"}\n'
    Space.objects.create(ref="circle")

    run(*csv("1,Yes,a|b,,circle", "2,0,,x,", header="no,up,tags,note,at\n", mapping=mapping + 'space: "{at}"\n'))

    assert list(Event.objects.order_by("pk").values_list("space__ref", flat=True)) == ["circle", None]

    data = [json.loads(text) for text in EventPayload.objects.order_by("event_id").values_list("data", flat=True)]
    assert data == [{"note": "", "tags": ["a", "b"], "up": True}, {"note": "x", "up": False}]


@pytest.mark.parametrize(
    ("_case", "row", "sentence"),
    [
        ("too_few_values", "1,ada,2026-11-01T10:00:00Z", "The row has 3 columns, but the first row names 5."),
        ("too_many_values", "1,ada,2026-11-01T10:00:00Z,300,4.5,6", "The row has 6 columns"),
        ("no_number", "1,ada,2026-11-01T10:00:00Z,many,4.5", "/data/words: Expected int"),
        ("two_signs", "1,ada,2026-11-01T10:00:00Z,--5,4.5", "/data/words: Expected int"),
        ("other_digits", "1,ada,2026-11-01T10:00:00Z,²,4.5", "/data/words: Expected int"),
        ("number_without_end", f"1,ada,2026-11-01T10:00:00Z,{'9' * 5_000},4.5", "/data/words: Expected int"),
        ("no_zone", "1,ada,2026-11-01T10:00:00,300,4.5", "/time: time needs a zone"),
        ("nobody", "1,nobody,2026-11-01T10:00:00Z,300,4.5", "/subject: There is no member"),
    ],
)
def test_a_row_that_cannot_be_meant_is_refused_with_its_line_and_the_next_one_is_taken(csv, _case, row, sentence):
    done = run(*csv(row, "2,bo,2026-11-02T10:00:00Z,20,"), code=1)

    assert (done["accepted"], done["rejected"]) == (1, 1)
    ((line, words),) = done["refused"]
    assert line == 2
    assert sentence in words


@pytest.mark.parametrize(
    ("_case", "more", "sentence"),
    [
        ("unknown_column", {"mapping": MAPPING.replace("{no}", "{number}")}, "The file has no column 'number'"),
        ("column_by_number", {"mapping": MAPPING.replace("{no}", "{}")}, "cannot be filled"),
        ("open_brace", {"mapping": MAPPING.replace("{no}", "{no")}, "cannot be filled"),
        ("missing_words", {"mapping": "source: app\n"}, "missing: id, subject, type"),
        ("no_mapping", {"mapping": "[1, 2]"}, "The mapping says"),
        ("data_no_mapping", {"mapping": MAPPING.replace("data: {", "data: [{").replace('quality}"}', 'quality}"}]')},
         "The mapping says"),
        ("no_yaml", {"mapping": "a: [1"}, "The mapping cannot be read"),
        ("not_utf_8", {"encoding": "utf-16"}, "is not UTF-8"),
    ],
)  # fmt: skip
def test_a_file_or_mapping_that_cannot_be_read_at_all_is_said_plainly(csv, _case, more, sentence):
    arguments = csv("1,ada,2026-11-01T10:00:00Z,300,4.5", **more)

    with pytest.raises(CommandError, match=sentence):
        call_command("import_events", *arguments, "--quiet")

    assert not Work.objects.exists()


def test_a_column_that_is_neither_yes_nor_no_is_refused_and_not_taken_for_no(csv):
    factories.EventTypeFactory(code="vote", schema={"up": {"type": "bool"}})
    mapping = 'source: app\nid: "{no}"\ntype: vote\nsubject: ada\ndata: {up: "{up}"}\n'

    done = run(*csv("1,perhaps", header="no,up\n", mapping=mapping), code=1)

    assert done["refused"] == [[2, "/data/up: Expected bool, got str."]]


def test_a_csv_file_without_a_mapping_asks_for_one(csv):
    with pytest.raises(CommandError, match="A CSV file needs a mapping"):
        call_command("import_events", csv("1,ada,x,1,")[0], "--quiet")


def test_a_csv_with_a_field_beyond_measure_is_said_plainly(csv):
    with pytest.raises(CommandError, match="is no CSV"):
        call_command("import_events", *csv(f"1,ada,x,{'9' * 200_000},"), "--quiet")


@pytest.mark.parametrize("missing", ["events.jsonl", "mapping.yaml"])
def test_a_file_that_is_not_there_is_named(jsonl, tmp_path, missing):
    path = jsonl(item("e1", "ada"))
    arguments = (
        [str(tmp_path / missing)] if missing != "mapping.yaml" else [str(path), "--mapping", str(tmp_path / missing)]
    )
    if missing == "events.jsonl":
        path.unlink()

    with pytest.raises(CommandError, match=f"There is no file .*{missing}"):
        call_command("import_events", *arguments)


def test_an_import_waits_for_the_workers_like_any_other_event(jsonl):
    factories.rule({"then": [factories.award(5)]})
    run(jsonl(item("e1", "ada"), item("e2", "ada")))

    assert factories.judge().events == 2


# Quiet, unjudged, undone


def heard_types(*codes):
    for code in codes:
        MessageTemplate.objects.create(
            code=code.replace(".", "-"), event_type=EventType.objects.get(code=code), kind="service",
            titles={"en": "Hello"}, texts={"en": "Hello"},
        )  # fmt: skip
    registry.forget()


def test_an_import_is_quiet_unless_it_is_aloud(jsonl):
    Source.objects.filter(code="app").update(unknown_members="create")
    factories.rule({"code": "welcome", "when": "member.joined", "then": [award(7)]})
    factories.rule({"then": [award(10)]})
    heard_types("content.published", "member.joined")

    call_command("import_events", str(jsonl(item("1", "ada"), item("2", "new"))), "--quiet", stdout=StringIO())
    factories.judge()

    assert NotificationWork.objects.count() == 0
    assert sorted(Account.objects.filter(balance__gt=0).values_list("balance", flat=True)) == [10, 10]
    call_command(
        "import_events", str(jsonl(item("3", "newer"), name="loud.jsonl")), "--quiet", "--aloud", stdout=StringIO()
    )
    while factories.judge().events:
        pass
    assert NotificationWork.objects.count() == 2
    assert Account.objects.order_by("-balance").first().balance == 17
    assert list(EventImport.objects.order_by("pk").values_list("is_quiet", flat=True)) == [True, False]


def test_what_is_not_judged_only_stands_on_the_timeline(jsonl):
    factories.rule({"then": [award(10)]})

    call_command("import_events", str(jsonl(item("1", "ada"))), "--quiet", "--unjudged", stdout=StringIO())

    assert (Event.objects.count(), Work.objects.count(), factories.judge().events) == (1, 0, 0)


def test_what_an_import_paid_is_taken_back_once_and_its_events_stay(jsonl):
    factories.rule({"then": [award(10)]})
    path = str(jsonl(item("1", "ada"), item("2", "bo")))
    call_command("import_events", path, "--quiet", stdout=StringIO())
    factories.judge()
    said = StringIO()

    call_command("import_events", "--undo", str(EventImport.objects.get().pk), stdout=said)

    assert "Taken back 2, stopped 0" in said.getvalue()
    assert sum(Account.objects.values_list("balance", flat=True)) == 0
    assert Event.objects.filter(type__code="content.published").count() == 2
    for number, sentence in ((EventImport.objects.get().pk, "undone before"), (99, "no import of events 99")):
        with pytest.raises(CommandError, match=sentence):
            call_command("import_events", "--undo", str(number))


def test_a_quiet_import_moves_no_referral_on(jsonl):
    joined = timezone.now() - timedelta(days=9)
    EventType.objects.filter(code="content.published").update(is_contribution=True)
    invitee = factories.MemberFactory(ref="cy", joined_at=joined)
    ada = Member.objects.get(ref="ada")
    invitation = Invitation.objects.create(code="CODE", inviter=ada, channel="friend", sent_at=joined)
    Referral.objects.create(member=invitee, inviter=ada, invitation=invitation, joined_at=joined, depth=1)
    then = (joined + timedelta(days=8)).isoformat()

    call_command("import_events", str(jsonl(item("1", "cy", time=then))), "--quiet", stdout=StringIO())
    assert stages.advance_referrals(now=timezone.now()) == 0

    factories.report(item("2", "cy", time=then))
    assert stages.advance_referrals(now=timezone.now()) == 1
