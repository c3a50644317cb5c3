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

from incentives.domain.importing import BadImport, digest_of, import_events


class Command(BaseCommand):
    help = (
        "Report events from a JSONL file (a CloudEvent a line) or a CSV file with a mapping. An import that was broken "
        "off goes on where it stopped. Example: manage.py import_events orders.csv --mapping orders.yaml --dry-run"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--mapping", type=Path, default=None)
        parser.add_argument("--dry-run", action="store_true", help="Give verdicts, store nothing.")
        parser.add_argument("--from-start", action="store_true", help="Do not go on where the last run stopped.")
        parser.add_argument("--json", action="store_true", help="Speak JSON.")
        parser.add_argument("--quiet", action="store_true", help="Show no progress.")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
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
                    progress=progress,
                )  # fmt: skip
            except BadImport as error:
                raise CommandError(str(error)) from error
        if not is_dry:
            mark.unlink(missing_ok=True)
        if options["json"]:
            self.stdout.write(json.dumps(done.__dict__))
        else:
            self.stdout.write(f"accepted {done.accepted}, known before {done.duplicates}, refused {done.rejected}")
            for line, sentence in done.refused:
                self.stdout.write(f"  line {line}, {sentence}")
        if done.rejected:
            raise SystemExit(1)


def _line_in(mark: Path) -> int:
    """The last line that a broken-off import of the same content has filed."""
    return int(json.loads(mark.read_text())["line"]) if mark.exists() else 0


def _keep(mark: Path, line: int) -> None:
    """Written beside and moved into place: whoever is killed here leaves a whole mark."""
    beside = mark.with_suffix(".unfinished")
    beside.write_text(json.dumps({"line": line}))
    beside.replace(mark)
