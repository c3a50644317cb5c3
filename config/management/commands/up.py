"""Starts web, worker and scheduler together; the death of one ends them all."""

from __future__ import annotations

import os
import shlex
import socket
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from honcho.manager import Manager

PORTS_TRIED = 20


class Command(BaseCommand):
    help = "Start the whole service: web, worker and scheduler. Example: manage.py up --port 8000"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument(
            "--exact-port", action="store_true", help="Fail if the port is taken; do not take the next."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        port = free_port(options["host"], options["port"], is_exact=options["exact_port"])
        if port != options["port"]:
            self.stdout.write(self.style.WARNING(f"Port {options['port']} is taken; using {port}."))
        call_command("migrate", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        url = f"http://{options['host']}:{port}"
        self.stdout.write(f"\nLaurels is at {url}/  (admin: {url}/admin/, API: {url}/api/docs/). Ctrl-C stops it.\n")
        self.stdout.flush()
        sys.exit(run(options["host"], port))


def run(host: str, port: int) -> int:
    """Run the three processes until one ends or somebody stops us; return the exit code."""
    python = shlex.quote(sys.executable)
    # Embedded, the cache is each process's own, so there is one web process with threads.
    web = (
        f"exec {python} -m gunicorn config.wsgi:application --bind {host}:{port} --worker-class gthread --workers 1"
        f" --threads {settings.WEB_THREADS} --log-level warning"
    )
    celery = f"exec {python} -m celery -A config"
    worker = f"{celery} worker -P threads -c 2 --without-gossip --without-mingle --loglevel WARNING"
    schedule = settings.DATA_DIR / "beat.pid"
    beat = f"{celery} beat --loglevel WARNING --pidfile {shlex.quote(str(schedule))}"
    schedule.unlink(missing_ok=True)
    manager = Manager()
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONUNBUFFERED": "1"}
    env.setdefault("SITE_URL", f"http://{host}:{port}")
    for name, command in (("web", web), ("worker", worker), ("beat", beat)):
        manager.add_process(name, command, env=env, cwd=str(settings.BASE_DIR))
    manager.loop()
    return int(manager.returncode or 0)


def free_port(host: str, wanted: int, *, is_exact: bool) -> int:
    """The port, or the next free one. Raises CommandError if none of them is free."""
    tried = 1 if is_exact else PORTS_TRIED
    for port in range(wanted, wanted + tried):
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                sock.bind((host, port))
            except OSError:
                continue
            return port
    raise CommandError(f"Port {wanted} is taken. Stop what uses it, or name another: PORT=9000 make demo.")
