"""What the language says when something does not hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Message:
    """One finding: where, what is wrong, and what to do. `span` counts characters, its end is exclusive."""

    code: str
    text: str
    fix: str
    span: Span
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        return f"{self.text} {self.fix}".strip()


class LanguageError(Exception):
    """An expression that cannot be used; `messages` holds everything that was found."""

    def __init__(self, messages: Iterable[Message]) -> None:
        self.messages: Sequence[Message] = tuple(messages)
        super().__init__(" ".join(str(message) for message in self.messages))


def refuse(code: str, text: str, fix: str, span: Span) -> LanguageError:
    return LanguageError([Message(code, text, fix, span)])
