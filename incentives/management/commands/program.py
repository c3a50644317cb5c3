"""Configuration as files."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from incentives.domain.program import BadProgram, apply_program


class Command(BaseCommand):
    help = "Read configuration from a folder. Example: manage.py program apply docs/examples/community"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("act", choices=["check", "apply"])
        parser.add_argument("folder", type=Path)
        parser.add_argument(
            "--in-force-from", type=datetime.fromisoformat, default=None,
            help="Backdate the rules, such as 2018-01-01T00:00:00+00:00; for imports.",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        moment = options["in_force_from"]
        if moment is not None and moment.tzinfo is None:
            raise CommandError("--in-force-from needs a zone; end it with +00:00.")
        try:
            with transaction.atomic():
                applied = apply_program(folder=options["folder"], now=timezone.now(), in_force_from=moment)
                if options["act"] == "check":
                    transaction.set_rollback(True)
        except BadProgram as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{'Would make' if options['act'] == 'check' else 'Made'} {applied}.")
