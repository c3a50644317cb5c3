"""Fills a lively community and starts the whole service."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.utils import timezone
from tqdm import tqdm

from config.demo import filling
from config.management.commands.up import free_port, run


class Command(BaseCommand):
    help = "Fill a demonstration community and start web, worker and scheduler. Example: manage.py demo --port 8000"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
        parser.add_argument("--no-start", action="store_true", help="Only fill the community.")

    def handle(self, *args: Any, **options: Any) -> None:
        host = "127.0.0.1"
        port = free_port(host, options["port"], is_exact=False)
        call_command("migrate", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)

        def progress(label: str, total: int) -> Any:
            return tqdm(total=total, desc=label, unit=" events", file=sys.stdout, mininterval=0.5)

        logins = filling.fill(now=timezone.now(), progress=progress)
        url = f"http://{host}:{port}"
        if port != options["port"]:
            self.stdout.write(self.style.WARNING(f"Port {options['port']} is taken; using {port}."))
        self.stdout.write(
            f"""
Laurels is at {url}/

  a member's points page   {url}/me/        {logins.member} / {logins.password}
  the operators' admin     {url}/admin/     {logins.operator} / {logins.password}
  the API and its docs     {url}/api/docs/  Authorization: Api-Key {logins.api_key}

Ctrl-C stops everything; run it again and the community is still there.
"""
        )
        self.stdout.flush()
        if not options["no_start"]:
            sys.exit(run(host, port))
