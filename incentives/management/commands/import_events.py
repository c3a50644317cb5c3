"""Events from a file."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from incentives.domain.importing import BadImport, digest_of, import_events, undo_event_import
from members.domain.people.importing import AlreadyUndone
from members.models import EventImport


class Command(BaseCommand):
    help = (
        "Report events from a JSONL file (a CloudEvent a line) or a CSV file with a mapping. An import that was broken "
        "off goes on where it stopped. Example: manage.py import_events orders.csv --mapping orders.yaml --dry-run"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, nargs="?")
        parser.add_argument("--undo", type=int, default=None, metavar="NUMBER", help="Take back what an import paid.")
        parser.add_argument(
            "--aloud",
            action="store_true",
            help="Send messages, welcome whom the events bring, move referrals on.",
        )
        parser.add_argument("--unjudged", action="store_true", help="Only put them on the timeline.")
        parser.add_argument("--mapping", type=Path, default=None)
        parser.add_argument("--dry-run", action="store_true", help="Give verdicts, store nothing.")
        parser.add_argument("--from-start", action="store_true", help="Do not go on where the last run stopped.")
        parser.add_argument("--json", action="store_true", help="Speak JSON.")
        parser.add_argument("--quiet", action="store_true", help="Show no progress.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["undo"] is not None:
            self._undo(options["undo"])
            return
        path: Path | None = options["file"]
        if path is None or not path.is_file():
            raise CommandError(f"There is no file {path}." if path else "Name a file, or --undo and a number.")
        mapping: Path | None = options["mapping"]
        if mapping is not None and not mapping.is_file():
            raise CommandError(f"There is no file {mapping}.")
        marks = settings.DATA_DIR / "imports"
        marks.mkdir(parents=True, exist_ok=True)
        mark = marks / f"{digest_of(path, mapping)}.json"
        is_dry = options["dry_run"]
        after = 0 if options["from_start"] or is_dry else _line_in(mark)
        with tqdm(unit=" events", disable=options["quiet"], initial=after) as bar:

            def progress(line: int, count: int) -> None:
                bar.update(count)
                if not is_dry:
                    _keep(mark, line)

            try:
                done = import_events(
                    path=path, mapping=mapping, now=timezone.now(), dry_run=is_dry, after_line=after,
                    progress=progress, is_quiet=not options["aloud"], is_judged=not options["unjudged"],
                )  # fmt: skip
            except BadImport as error:
                raise CommandError(str(error)) from error
        if not is_dry:
            mark.unlink(missing_ok=True)
        if options["json"]:
            said = {name: value for name, value in done.__dict__.items() if name != "made"}
            self.stdout.write(json.dumps({**said, "import": done.made.pk if done.made is not None else None}))
        else:
            kept = f"Import {done.made.pk}: " if done.made is not None else ""
            self.stdout.write(
                f"{kept}accepted {done.accepted}, known before {done.duplicates}, refused {done.rejected}"
            )
            for line, sentence in done.refused:
                self.stdout.write(f"  line {line}, {sentence}")
        if done.rejected:
            raise SystemExit(1)

    def _undo(self, number: int) -> None:
        try:
            done = undo_event_import(import_id=number, now=timezone.now())
        except EventImport.DoesNotExist as error:
            raise CommandError(f"There is no import of events {number}.") from error
        except AlreadyUndone as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Taken back {done.reversed}, stopped {done.stopped}, not recovered {done.lost}.")


def _line_in(mark: Path) -> int:
    """The last line that a broken-off import of the same content has filed."""
    return int(json.loads(mark.read_text())["line"]) if mark.exists() else 0


def _keep(mark: Path, line: int) -> None:
    """Written beside and moved into place: whoever is killed here leaves a whole mark."""
    beside = mark.with_suffix(".unfinished")
    beside.write_text(json.dumps({"line": line}))
    beside.replace(mark)
