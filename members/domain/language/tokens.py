"""Cuts the text of an expression into words, numbers, strings and signs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from members.domain.language.errors import Span, refuse

LENGTH_MAX = 4_000
DIGITS_MAX = 18
PLACES_MAX = 12

_TOKEN = re.compile(
    r"""(?P<space>\s+)
  | (?P<number>\d+(?:\.\d+)?)
  | (?P<name>[A-Za-z_][A-Za-z_0-9]*)
  | (?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
  | (?P<sign>&&|\|\||==|!=|<=|>=|\?\?|[-+*/%<>!?:.,()\[\]])""",
    re.VERBOSE | re.ASCII,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPES = {"\\": "\\", '"': '"', "'": "'", "n": "\n", "t": "\t", "r": "\r"}


@dataclass(frozen=True, slots=True)
class Token:
    kind: Literal["number", "name", "string", "sign", "end"]
    text: str
    span: Span


def tokens(text: str) -> list[Token]:
    """Return the tokens of a text and an end. Raises LanguageError at the first character that fits nowhere."""
    if len(text) > LENGTH_MAX:
        fix = "Split the condition into several clauses."
        raise refuse("too_long", f"An expression has at most {LENGTH_MAX} characters.", fix, (LENGTH_MAX, len(text)))
    found: list[Token] = []
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise _stranger(text, place)
        kind = match.lastgroup
        if kind != "space":
            found.append(Token(kind, match.group(), match.span()))  # type: ignore[arg-type]
        place = match.end()
    found.append(Token("end", "", (len(text), len(text))))
    return found


def _stranger(text: str, place: int) -> Exception:
    sign = text[place]
    if sign in "\"'":
        return refuse("syntax", "This text has no closing quote.", f"Add {sign} where it ends.", (place, len(text)))
    fixes = {"=": "Compare with ==.", "&": "Write && for and.", "|": "Write || for or.", "“": 'Use straight quotes: ".'}
    return refuse(
        "syntax", f"The character {sign!r} has no meaning here.", fixes.get(sign, "Remove it."), (place, place + 1)
    )


def unquoted(token: Token) -> str:
    """Return what a string token stands for. Raises LanguageError for unknown escapes and unstorable characters."""

    def replaced(match: re.Match[str]) -> str:
        code = match.group(1)
        if len(code) > 1:
            return chr(int(code[1:], 16))
        if code not in _ESCAPES:
            start = token.span[0] + 1 + match.start()
            fix = "Known are \\\\ \\\" \\' \\n \\t \\r and \\u with four hexadecimal digits."
            raise refuse("syntax", f"The escape \\{code} has no meaning.", fix, (start, start + 2))
        return _ESCAPES[code]

    text = _ESCAPE.sub(replaced, token.text[1:-1])
    if "\x00" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise refuse("syntax", "A text may not hold NUL or half a character.", "Remove it.", token.span)
    return text
