"""Saves many members at once, in a number of statements that does not grow with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from django.db import transaction
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from members.domain.joining import Arrival, tell_joined
from members.domain.statuses import tell_statuses
from members.lanes import lane_of
from members.models import Lane, Member

# What may be given for a member by their ref; each under the name of its column.
FIELDS = (
    "display_name", "email", "language", "time_zone", "age_band", "status", "joined_at", "is_house", "is_verified",
    "attributes",
)  # fmt: skip
ROWS_PER_STATEMENT = 500

Verdict = Literal["created", "changed", "unchanged"]


@dataclass(frozen=True, slots=True)
class Draft:
    """Somebody as they shall be: `fields` holds what was given, checked, by column."""

    ref: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a draft. `before` and `after` hold the columns that changed, for whoever wants them back."""

    member: Member
    verdict: Verdict
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)


def save_members(
    drafts: Sequence[Draft], *, now: datetime, is_quiet: bool = False, reason: str = "", by: object | None = None
) -> list[Saved]:
    """Make or change a member for each draft and return what became of them, in order; each ref stands once.

    Quietly, no rule hears that the new ones have joined. Runs in the caller's transaction or its own.
    """
    assert len({draft.ref for draft in drafts}) == len(drafts), "a ref stands once"
    history = {"default_change_reason": reason[:100] or None, "default_user": by, "batch_size": ROWS_PER_STATEMENT}
    with transaction.atomic():
        existing = _locked(drafts)
        saved = {draft.ref: _changed(existing[draft.ref], draft) for draft in drafts if draft.ref in existing}
        new = [
            Member(ref=draft.ref, **{"joined_at": now, **draft.fields}) for draft in drafts if draft.ref not in existing
        ]
        if new:
            bulk_create_with_history(new, Member, **history)
        saved |= {member.ref: Saved(member, "created") for member in new}
        _write([each for each in saved.values() if each.verdict == "changed"], history, now=now)
        # Told only now: an event needs its member's id.
        tell_joined((Arrival(member.pk, member.joined_at) for member in new), now=now, is_quiet=is_quiet)
    return [saved[draft.ref] for draft in drafts]


def compared(existing: Mapping[str, Member], drafts: Sequence[Draft]) -> list[Saved]:
    """What would become of drafts; nothing is stored, and the members given are spent."""
    return [
        _changed(existing[draft.ref], draft) if draft.ref in existing else Saved(Member(ref=draft.ref), "created")
        for draft in drafts
    ]


def put_back(changes: Iterable[tuple[Member, Mapping[str, Any]]], *, now: datetime, reason: str, by: object) -> None:
    """Give members columns they had before, in the caller's transaction."""
    history = {"default_change_reason": reason[:100], "default_user": by, "batch_size": ROWS_PER_STATEMENT}
    _write([_changed(member, Draft(member.ref, columns)) for member, columns in changes], history, now=now)


def _locked(drafts: Sequence[Draft]) -> dict[str, Member]:
    """The members who are there, locked; lanes first, so that a batch is judged wholly before or after a status."""
    refs = [draft.ref for draft in drafts]
    statuses = {draft.ref: draft.fields["status"] for draft in drafts if "status" in draft.fields}
    known = Member.objects.filter(ref__in=statuses).values_list("pk", "ref", "status")
    lanes = sorted({lane_of(pk) for pk, ref, status in known if statuses[ref] != status})
    if lanes:
        list(Lane.objects.select_for_update().filter(number__in=lanes).order_by("number"))
    return {member.ref: member for member in Member.objects.select_for_update().filter(ref__in=refs).order_by("pk")}


def _changed(member: Member, draft: Draft) -> Saved:
    before = {name: getattr(member, name) for name, value in draft.fields.items() if getattr(member, name) != value}
    after = {name: draft.fields[name] for name in before}
    for name, value in after.items():
        setattr(member, name, value)
    return Saved(member, "changed" if before else "unchanged", before, after)


def _write(changes: Sequence[Saved], history: Mapping[str, Any], *, now: datetime) -> None:
    if not changes:
        return
    columns = sorted({name for each in changes for name in each.after})
    bulk_update_with_history([each.member for each in changes], Member, columns, **history)
    statuses = [(x.member.pk, x.before["status"], x.after["status"]) for x in changes if "status" in x.after]
    tell_statuses(statuses, now=now)
