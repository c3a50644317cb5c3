"""An imitation of the part of Stripe's HTTP API that we use, on loopback: it knows idempotency keys, and can be cruel.

Its answers have the shape of Stripe's own (API version 2025-09-30): what we read of them, and some of what we do not.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

SESSIONS = "/v1/checkout/sessions"


class StripeServer(ThreadingHTTPServer):
    """`sessions` and `refunds` are what was made; `calls` what was asked; `cuts` answers are lost after the deed."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.sessions: list[dict[str, Any]] = []
        self.refunds: list[dict[str, Any]] = []
        self.calls: list[tuple[str, str]] = []
        self.answered: dict[str, tuple[str, int, dict[str, Any]]] = {}
        self.cuts = 0
        self.refund_status = "succeeded"
        self.refusal: dict[str, str] | None = None
        self.paid: dict[str, int] = {}
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def forget_keys(self) -> None:
        """As Stripe does after a day."""
        self.answered.clear()


class Handler(BaseHTTPRequestHandler):
    server: StripeServer

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        self.server.calls.append(("GET", asked.path))
        if asked.path.startswith(SESSIONS + "/"):
            self._answer(*self._session(asked.path.removeprefix(SESSIONS + "/")))
            return
        wanted = dict(parse_qsl(asked.query))
        found = [each for each in self.server.refunds if each["payment_intent"] == wanted["payment_intent"]]
        self._answer(200, {"object": "list", "url": "/v1/refunds", "has_more": False, "data": found[::-1]})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.calls.append(("POST", self.path))
        key = self.headers["Idempotency-Key"]
        with self.server.lock:
            if key in self.server.answered:
                earlier, status, answer = self.server.answered[key]
                if earlier != self.path + body:
                    status, answer = 400, _error("idempotency_error", "Keys can only be used with the same parameters.")
            else:
                status, answer = self._do(dict(parse_qsl(body)))
                self.server.answered[key] = (self.path + body, status, answer)
            if self.server.cuts:
                self.server.cuts -= 1
                self.close_connection = True
                self.connection.close()
                return
        self._answer(status, answer)

    def _do(self, given: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if self.server.refusal is not None:
            return 400, {"error": self.server.refusal}
        if self.path.startswith(SESSIONS + "/"):
            return self._expire(self.path.removeprefix(SESSIONS + "/").removesuffix("/expire"))
        if self.path == SESSIONS:
            number = len(self.server.sessions) + 1
            made = {
                "id": f"cs_test_{number}", "object": "checkout.session", "status": "open", "payment_status": "unpaid",
                "url": f"https://checkout.stripe.example/c/pay/cs_test_{number}", "livemode": False, "given": given,
            }  # fmt: skip
            self.server.sessions.append(made)
            return 200, _shown(made)
        amount, intent = int(given["amount"]), given["payment_intent"]
        gone = sum(each["amount"] for each in self.server.refunds if each["payment_intent"] == intent)
        if intent in self.server.paid and gone + amount > self.server.paid[intent]:
            return 400, _error("invalid_request_error", "Refund amount is greater than unrefunded amount on charge.")
        made = {
            "id": f"re_{len(self.server.refunds) + 1}", "object": "refund", "amount": amount, "currency": "eur",
            "payment_intent": intent, "status": self.server.refund_status,
            "metadata": {name[9:-1]: value for name, value in given.items() if name.startswith("metadata[")},
        }  # fmt: skip
        self.server.refunds.append(made)
        return 200, made

    def _session(self, ref: str) -> tuple[int, dict[str, Any]]:
        found = next((each for each in self.server.sessions if each["id"] == ref), None)
        if found is None:
            more = {"code": "resource_missing", "param": "session"}
            return 404, _error("invalid_request_error", f"No such checkout.session: {ref}", **more)
        return 200, _shown(found)

    def _expire(self, ref: str) -> tuple[int, dict[str, Any]]:
        status, shown = self._session(ref)
        if status != 200:
            return status, shown
        if shown["status"] != "open":
            sentence = (
                'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of'
            )
            return 400, _error("invalid_request_error", f"{sentence} `{shown['status']}`.")
        found = next(each for each in self.server.sessions if each["id"] == ref)
        found.update(status="expired", url=None)
        return 200, _shown(found)

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.send_header("Request-Id", "req_test")
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_args: object) -> None:
        """Silence: its calls are kept."""


def _error(kind: str, sentence: str, **more: str) -> dict[str, Any]:
    return {"error": {"type": kind, "message": sentence, **more}}


def _shown(session: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in session.items() if name != "given"}


@contextmanager
def serving() -> Iterator[StripeServer]:
    server = StripeServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
