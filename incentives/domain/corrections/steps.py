"""The life of a correction: looked at, handed on, approved, discarded, undone; each step with who and why."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from incentives.enums import CorrectionLineState, CorrectionState
from incentives.models import Correction, CorrectionStep

LOOKED_AT = (CorrectionState.DRAFT, CorrectionState.WAITING)


class CannotStep(Exception):
    """A step that this correction cannot take now, or that this person may not; `kind` tells them apart."""

    def __init__(self, kind: str, sentence: str) -> None:
        super().__init__(sentence)
        self.kind, self.sentence = kind, sentence


def approve(
    *, correction_id: int, now: datetime, by: AbstractBaseUser | None, who: str = "", why: str = ""
) -> Correction:
    """Let a correction run. Raises CannotStep.

    A large one needs a second operator: whoever made it cannot, and no app can, for it has no eyes.
    """
    with transaction.atomic():
        found = _held(correction_id, *LOOKED_AT)
        if not found.members:
            raise CannotStep("nobody", _("There is nobody on its list."))
        if found.needs_second and (by is None or by.pk == found.created_by_id):
            raise CannotStep("second_operator", _("A correction of this size is approved by a second operator."))
        if by is None and who != found.app:
            raise CannotStep("not_yours", _("Another app made this correction."))
        found.approved_by_id = by.pk if by is not None else None
        return _go(found, CorrectionState.RUNNING, now=now, by=by, who=who, why=why)


def hand_over(*, correction_id: int, now: datetime, by: AbstractBaseUser | None, why: str = "") -> Correction:
    """Ask a second operator to look at it. Raises CannotStep."""
    with transaction.atomic():
        found = _held(correction_id, CorrectionState.DRAFT)
        return _go(found, CorrectionState.WAITING, now=now, by=by, why=why)


def look_again(*, correction_id: int, now: datetime, by: AbstractBaseUser | None, why: str = "") -> Correction:
    """Work its list and its figures out anew: the world has gone on. Raises CannotStep."""
    with transaction.atomic():
        return _go(_held(correction_id, *LOOKED_AT), CorrectionState.GATHERING, now=now, by=by, why=why)


def discard(
    *, correction_id: int, now: datetime, by: AbstractBaseUser | None, who: str = "", why: str = ""
) -> Correction:
    """Let go of a correction that has done nothing yet. Raises CannotStep."""
    with transaction.atomic():
        return _go(_held(correction_id, *LOOKED_AT), CorrectionState.DISCARDED, now=now, by=by, who=who, why=why)


def undo(*, correction_id: int, now: datetime, by: AbstractBaseUser | None, why: str) -> Correction:
    """Begin to take a correction back as a whole; a second call changes nothing. Raises CannotStep."""
    with transaction.atomic():
        found = _held(correction_id, CorrectionState.DONE, CorrectionState.UNDOING, CorrectionState.UNDONE)
        if found.state != CorrectionState.DONE:
            return found
        if not why.strip():
            raise CannotStep("no_reason", _("Say why it is undone; the members read it."))
        return _go(found, CorrectionState.UNDOING, now=now, by=by, why=why.strip())


def finish(correction_id: int, now: datetime) -> bool:
    """Close a correction whose every line has been worked on; False if some wait, or somebody else has closed it."""
    with transaction.atomic():
        found = Correction.objects.select_for_update().get(pk=correction_id)
        before, after, waiting = _ENDS.get(CorrectionState(found.state), (None, None, None))
        if before is None or after is None or found.lines.filter(state=waiting).exists():
            return False
        found.done_at = now if after == CorrectionState.DONE else found.done_at
        found.undone_at = now if after == CorrectionState.UNDONE else None
        _go(found, after, now=now, by=None)
    return True


_ENDS = {
    CorrectionState.RUNNING: (CorrectionState.RUNNING, CorrectionState.DONE, CorrectionLineState.WAITING),
    CorrectionState.UNDOING: (CorrectionState.UNDOING, CorrectionState.UNDONE, CorrectionLineState.DONE),
}


def record(
    correction: Correction, state: CorrectionState, *, now: datetime, by: AbstractBaseUser | None, who: str = "",
    why: str = "",
) -> None:  # fmt: skip
    """Write down that somebody took a step, in the transaction of the step."""
    CorrectionStep.objects.create(
        correction=correction, state=state, at=now, by_id=by.pk if by is not None else None,
        who=(who or (by.get_username() if by is not None else ""))[:150], why=why[:300],
    )  # fmt: skip


def _go(
    found: Correction, state: CorrectionState, *, now: datetime, by: AbstractBaseUser | None, who: str = "",
    why: str = "",
) -> Correction:  # fmt: skip
    found.state = state
    found.save()
    record(found, state, now=now, by=by, who=who, why=why)
    return found


def _held(correction_id: int, *states: CorrectionState) -> Correction:
    found = Correction.objects.select_for_update().filter(pk=correction_id).first()
    if found is None:
        raise CannotStep("unknown_correction", _("There is no such correction."))
    if found.state not in states:
        raise CannotStep("not_now", _("This correction is %(state)s.") % {"state": found.get_state_display()})
    return found
