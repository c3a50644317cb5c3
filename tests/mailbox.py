"""A mail server on loopback that takes what it is sent (RFC 5321, as much as a client of ours speaks)."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class Mailbox:
    """What has come, and whom it refuses: `nobody` for ever, `busy` for now."""

    port: int = 0
    messages: list[EmailMessage] = field(default_factory=list)
    nobody: set[str] = field(default_factory=set)
    is_busy: bool = False


class _Talk(socketserver.StreamRequestHandler):
    timeout = 5

    def handle(self) -> None:
        box: Mailbox = self.server.box  # type: ignore[attr-defined]
        self._say("220 mailbox")
        while line := self.rfile.readline(2_000):
            word = line.decode().strip()
            verb = word[:4].upper()
            if verb == "QUIT":
                self._say("221 bye")
                return
            if verb == "RCPT" and any(each in word for each in box.nobody):
                self._say("550 no such mailbox")
            elif verb == "MAIL" and box.is_busy:
                self._say("451 try again later")
            elif verb == "DATA":
                self._say("354 go on")
                box.messages.append(message_from_bytes(self._body(), policy=policy.default))  # type: ignore[arg-type]
                self._say("250 taken")
            else:
                self._say("250 ok")

    def _body(self) -> bytes:
        lines = []
        while (line := self.rfile.readline(10_000)) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b"..") else line)
        return b"".join(lines)

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address, daemon_threads = True, True


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox()
    with _Server(("127.0.0.1", 0), _Talk) as server:
        server.box = box  # type: ignore[attr-defined]
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield box
        finally:
            server.shutdown()
            thread.join(5)
