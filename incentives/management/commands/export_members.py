"""Members as a table."""

from __future__ import annotations

import csv
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from members.domain.attributes import definitions
from members.domain.people.tables import table_of
from members.models import Member


class Command(BaseCommand):
    help = "Write every member into a CSV file that import_members reads. Example: manage.py export_members people.csv"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            file = path.open("w", encoding="utf-8", newline="")
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
        with file:
            writer = csv.writer(file)
            count = -1  # The first row names the columns.
            for cells in table_of(Member.objects.exclude(status="erased"), definitions()):
                writer.writerow(cells)
                count += 1
        self.stdout.write(f"Wrote {count} members.")
