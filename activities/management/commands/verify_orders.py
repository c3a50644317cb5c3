"""Proves that orders, money, points and seats agree."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from activities.domain.orders.proof import verify


class Command(BaseCommand):
    help = (
        "Prove orders against payments, refunds, ledger and seats; exit 1 if one is wrong. "
        "Example: manage.py verify_orders --json"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="Speak JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        proofs = verify()
        is_right = all(proof.holds for proof in proofs)
        if options["json"]:
            lines = [{"proof": p.number, "sentence": p.sentence, "wrong": p.wrong} for p in proofs]
            self.stdout.write(json.dumps({"orders": "ok" if is_right else "wrong", "proofs": lines}))
        else:
            for proof in proofs:
                mark = "ok   " if proof.holds else "WRONG"
                self.stdout.write(
                    f"{mark} {proof.number:2} {proof.sentence}{f': {proof.wrong}' if proof.wrong else ''}"
                )
        if not is_right:
            sys.exit(1)
