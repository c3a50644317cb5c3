"""Decides whether a content is good. Definition: within seven days of being published it was featured by an editor, or
accepted by the asker, or appreciated by five different members of whom three have no mutual connection with the author.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

PEOPLE, STRANGERS = 5, 3


@dataclass(frozen=True, slots=True)
class Proof:
    """In which of the three ways a content was good, and how many different members appreciated it in time."""

    featured: bool
    accepted: bool
    appreciated: bool
    appreciators: int

    @property
    def weight(self) -> int:
        """In how many of the three ways: 0 is not good at all. Length says nothing."""
        return self.featured + self.accepted + self.appreciated


def proof_of(
    *, featured_at: datetime | None, accepted_at: datetime | None, appreciators: Iterable[bool], until: datetime
) -> Proof:
    """What speaks for a content; of each different appreciator in time, whether they have a mutual connection with
    the author."""
    near = list(appreciators)
    return Proof(
        featured=featured_at is not None and featured_at < until,
        accepted=accepted_at is not None and accepted_at < until,
        appreciated=len(near) >= PEOPLE and near.count(False) >= STRANGERS,
        appreciators=len(near),
    )
