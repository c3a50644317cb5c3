"""Admission letters and certificates: issued once for a registration, with a code by which anybody can verify them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from activities.domain.seating import hold_activity
from activities.domain.typed import typed
from activities.enums import NameForm, PaperKind, RegistrationState
from activities.models import Activity, Paper, Registration
from incentives.domain.requests import Refused
from members.models import Member

# Without what is easily mistaken for something else: sixty bits, so that nobody finds one by trying.
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
CODE_LENGTH = 12


class CannotIssue(Refused):
    """A paper that nobody can have; `kind` and the sentence say why."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What a check code stands for: which paper, of which activity, to whom as they chose, and whether it holds."""

    paper: Paper
    activity: Activity
    to: str
    holds: bool


def issue(
    *, registration_id: int, kind: PaperKind, now: datetime, name_form: NameForm | None = None
) -> tuple[Paper, bool]:
    """Issue a paper once, and say whether that happened now; later the name on it may still be changed.

    Raises CannotIssue.
    """
    activity_id = Registration.objects.values_list("activity_id", flat=True).get(pk=registration_id)
    with transaction.atomic():
        hold_activity(activity_id)
        found = Registration.objects.select_related("member", "activity__space").get(pk=registration_id)
        _check(found, kind)
        paper, is_new = Paper.objects.get_or_create(
            registration=found, kind=kind,
            defaults={"code": _new_code(), "name_form": name_form or NameForm.NAME, "issued_at": now},
        )  # fmt: skip
        if name_form is not None and paper.name_form != name_form:
            paper.name_form = name_form
            paper.save(update_fields=["name_form"])
        paper.registration = found
    return paper, is_new


def verify(text: str) -> Verified | None:
    """What a check code stands for; None for a code that we never gave."""
    code = typed(text, length_max=40)
    if len(code) != CODE_LENGTH or not set(code) <= set(ALPHABET):
        return None
    paper = Paper.objects.select_related("registration__member", "registration__activity__space").filter(code=code)
    found = paper.first()
    if found is None:
        return None
    registration = found.registration
    return Verified(found, registration.activity, name_on(found), _holds(registration, PaperKind(found.kind)))


def name_on(paper: Paper) -> str:
    """To whom it was given, in the form that the member chose; empty without a name."""
    return name_as(paper.registration.member, NameForm(paper.name_form))


def name_as(member: Member, form: NameForm) -> str:
    name = member.display_name or member.ref
    if form == NameForm.NOBODY:
        return ""
    if form == NameForm.INITIALS:
        return " ".join(f"{part[0]}." for part in name.split())
    return name


def grouped(code: str) -> str:
    """A code as it is printed: ABCD-EFGH-JKLM."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def _check(registration: Registration, kind: PaperKind) -> None:
    if _holds(registration, kind):
        return
    if kind == PaperKind.CERTIFICATE:
        raise CannotIssue("did_not_come", _("A certificate is for whoever came."))
    raise CannotIssue("no_place", _("An admission letter is for whoever has a place."))


def _holds(registration: Registration, kind: PaperKind) -> bool:
    if kind == PaperKind.CERTIFICATE:
        return registration.checked_in_at is not None
    return registration.state == RegistrationState.CONFIRMED


def _new_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _place in range(CODE_LENGTH))
