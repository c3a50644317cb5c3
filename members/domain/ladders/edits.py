"""Ladders as documents: what one was before an edit and after, and whether it is still what somebody has seen."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from members.domain.ladders.evaluating import editing_ladder
from members.models import Ladder, LadderEdit, Tier

Document = dict[str, Any]
LADDER_FIELDS = ("names", "purpose", "metric", "window", "days", "rises", "falls", "validity_days", "grace_days")
TIER_FIELDS = (
    "code", "names", "threshold", "keep", "demands", "duties", "quota_members", "quota_percent", "is_by_invitation",
    "invitations_max",
)  # fmt: skip


class EditConflict(Exception):
    """The ladder, or the edit, is not what was seen; the message says what to do."""


@dataclass(slots=True)
class Recorded:
    """What an edit came to; None where nothing changed, or the ladder was made by it."""

    edit: LadderEdit | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that an edit changed, by its field's name; `tier` is empty where it is the ladder's own."""

    tier: str
    field: str
    before: Any
    after: Any

    @property
    def name(self) -> str:
        """What the field is called, in the language of the moment."""
        return str((Tier if self.tier else Ladder)._meta.get_field(self.field).verbose_name)  # type: ignore[union-attr]  # noqa: SLF001


def document_of(ladder: Ladder) -> Document:
    """A ladder with its tiers, the lowest first, as it stands in the database."""
    found = Ladder.objects.get(pk=ladder.pk)
    tiers = found.tiers.in_use().order_by("threshold")
    return {
        **{name: getattr(found, name) for name in LADDER_FIELDS},
        "tiers": [{"id": tier.pk, **{name: getattr(tier, name) for name in TIER_FIELDS}} for tier in tiers],
    }


def plain(document: Document) -> Document:
    """The document as words, without our ids."""
    tiers = [{name: each[name] for name in TIER_FIELDS} for each in document["tiers"]]
    return {**document, "tiers": tiers}


def fingerprint(before: Document, after: Document) -> str:
    """The name of a change of a ladder; another change, or the same of a ladder that has moved on, has another."""
    return f"{_digest(before)}-{_digest(after)}"


@contextmanager
def recording(
    *, ladder: Ladder | None, why: str, by: str, now: datetime, seen: str = "", undoes: LadderEdit | None = None
) -> Iterator[Recorded]:
    """Change a ladder while nobody is judged, and keep the change as a whole.

    `seen` is the fingerprint of the preview that was decided by. Raises EditConflict, and changes nothing, where it is
    not of this change or the ladder has moved on.
    """
    recorded = Recorded()
    with editing_ladder():
        before = document_of(ladder) if ladder is not None else None
        if seen and before is not None and seen.partition("-")[0] != _digest(before):
            raise EditConflict("This ladder was changed since it was previewed; preview the change again.")
        yield recorded
        if ladder is None or before is None:
            return
        after = document_of(ladder)
        if seen and seen != fingerprint(before, after):
            raise EditConflict("This is not the change that was previewed; preview it, and send what you previewed.")
        if plain(after) != plain(before):
            recorded.edit = LadderEdit.objects.create(
                ladder=ladder, before=before, after=after, why=why[:200], made_by=by[:150], made_at=now, undoes=undoes
            )


def differences(edit: LadderEdit) -> list[Difference]:
    """What an edit changed, the ladder's own words first. A tier that came or went is one line, its code."""
    before, after = edit.before, edit.after
    found = [Difference("", name, before[name], after[name]) for name in LADDER_FIELDS if before[name] != after[name]]
    was, becomes = ({each["id"]: each for each in document["tiers"]} for document in (before, after))
    for key in dict.fromkeys((*was, *becomes)):
        old, new = was.get(key), becomes.get(key)
        if old is None or new is None:
            said = [each["code"] if each is not None else "" for each in (old, new)]
            found.append(Difference(said[0] or said[1], "code", *said))
        else:
            found += [Difference(new["code"], n, old[n], new[n]) for n in TIER_FIELDS if old[n] != new[n]]
    return found


def _digest(document: Mapping[str, Any]) -> str:
    said = msgspec.json.encode(plain(dict(document)), order="sorted")
    return hashlib.sha256(said).hexdigest()[:20]
