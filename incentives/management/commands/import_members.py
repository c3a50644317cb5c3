"""Members from a table."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from incentives.domain.imports import undo_import
from members.domain.people.importing import AlreadyUndone, import_members
from members.domain.people.sheets import BadTable
from members.models import MemberImport


class Command(BaseCommand):
    help = (
        "Make or change a member for each row of a CSV or XLSX file, all or nothing. Example: manage.py import_members "
        "people.csv --dry-run; and manage.py import_members --undo 7"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, nargs="?")
        parser.add_argument("--undo", type=int, default=None, metavar="NUMBER", help="Take an import back.")
        parser.add_argument("--dry-run", action="store_true", help="Say what it would do, store nothing.")
        parser.add_argument(
            "--aloud", action="store_true", help="Let rules hear that the new ones have joined: it may pay a welcome."
        )
        parser.add_argument("--json", action="store_true", help="Speak JSON.")
        parser.add_argument("--quiet", action="store_true", help="Show no progress.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["undo"] is not None:
            self._undo(options["undo"])
            return
        path: Path | None = options["file"]
        if path is None or not path.is_file():
            raise CommandError(f"There is no file {path}." if path else "Name a file, or --undo and a number.")
        with path.open("rb") as file, tqdm(unit=" rows", disable=options["quiet"]) as bar:
            try:
                done = import_members(
                    file=file, name=path.name, now=timezone.now(), is_quiet=not options["aloud"],
                    dry_run=options["dry_run"], progress=bar.update,
                )  # fmt: skip
            except BadTable as error:
                raise CommandError(str(error)) from error
        number = done.made.pk if done.made is not None else None
        counts = {"new": done.created, "changed": done.changed, "unchanged": done.unchanged, "refused": done.rejected}
        if options["json"]:
            self.stdout.write(json.dumps({**counts, "import": number, "lines": done.refused}))
        else:
            kept = f"Import {number}:" if number is not None else "Nothing was stored:"
            self.stdout.write(f"{kept} {', '.join(f'{name} {count}' for name, count in counts.items())}")
            for line, sentence in done.refused:
                self.stdout.write(f"  line {line}, {sentence}")
        if done.rejected:
            raise SystemExit(1)

    def _undo(self, number: int) -> None:
        try:
            undone = undo_import(import_id=number, now=timezone.now())
        except MemberImport.DoesNotExist as error:
            raise CommandError(f"There is no import {number}.") from error
        except AlreadyUndone as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Removed {undone.removed}, put back {undone.restored}, left {undone.kept}.")
