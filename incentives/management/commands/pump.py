"""Judges everything that waits, without Celery."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from incentives.domain.pump import loop
from incentives.domain.pump.warming import warm_up
from members.models import Work


class Command(BaseCommand):
    help = "Judge everything that waits. Example: manage.py pump --quiet"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--quiet", action="store_true", help="Show no progress.")
        parser.add_argument("--batch-size", type=int, default=None, help="At most so many events a transaction.")

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.perf_counter()
        total = loop.Drained()
        warm_up()
        with tqdm(total=Work.objects.count(), unit=" events", disable=options["quiet"]) as bar:
            while True:
                done = loop.drain(batch_size_max=options["batch_size"], on_batch=bar.update)
                total.events += done.events
                total.batches += done.batches
                total.failures += done.failures
                if not done.events:
                    break
        seconds = time.perf_counter() - started
        self.stdout.write(f"Judged {total.events} events in {total.batches} batches, {seconds:.1f} s.")
