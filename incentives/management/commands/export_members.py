"""Members as a table."""

from __future__ import annotations

import csv
import shutil
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from members.domain.attributes import definitions
from members.domain.people.sheets import as_xlsx
from members.domain.people.tables import table_of
from members.models import Member


class Command(BaseCommand):
    help = (
        "Write every member into a CSV file, or an XLSX file where its name ends so, that import_members reads. "
        "Example: manage.py export_members people.csv"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        is_xlsx = path.suffix.lower() == ".xlsx"
        self.count = -1  # The first row names the columns.
        rows = self._counted(table_of(Member.objects.exclude(status="erased"), definitions(), is_typed=is_xlsx))
        try:
            if is_xlsx:
                with as_xlsx(rows) as made, path.open("wb") as file:
                    shutil.copyfileobj(made, file)
            else:
                with path.open("w", encoding="utf-8", newline="") as text:
                    csv.writer(text).writerows(rows)
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
        self.stdout.write(f"Wrote {self.count} members.")

    def _counted(self, rows: Iterable[list[str]]) -> Iterator[list[str]]:
        for cells in rows:
            self.count += 1
            yield cells
