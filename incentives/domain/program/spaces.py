"""Puts spaces and responsibilities in place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from incentives.domain.program.parts import Applied, put
from incentives.domain.program.words import Kind, names, one_of, only, text, whole, yes_or_no
from members.enums import SpaceState
from members.models import Role, Space

_SPACE: Mapping[str, Kind] = {
    "names": names, "for_whom": names, "why": names, "gives": names, "is_not": names, "capacity": whole(1, 10**9),
    "intake_max": whole(1, 10**9), "language": text, "state": one_of(SpaceState.values),
}  # fmt: skip
_ROLE: Mapping[str, Kind] = {
    "names": names, "duties": names, "thanks": names, "term_days": whole(1, 3_660), "is_active": yes_or_no,
}  # fmt: skip


def put_space(ref: str, document: Any, applied: Applied) -> None:
    """Make or change a space. Raises BadEntry and ValidationError."""
    put(Space, ref, only(document, _SPACE), applied, by="ref")


def put_role(code: str, document: Any, applied: Applied) -> None:
    """Make or change a responsibility. Raises BadEntry and ValidationError."""
    put(Role, code, only(document, _ROLE), applied)
