"""The life of an activity, from draft to closed books, or cancelled: each step is guarded and kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from activities.domain import announcing, bringing, inviting
from activities.domain.proposals import delivering
from activities.domain.seating import end, hold_activity, offer_free_seats
from activities.domain.telling import tell, tell_one
from activities.enums import ActivityState, EndedBy, RegistrationState
from activities.models import LIVE_STATES, Activity, ActivityStep
from members.domain.outcomes import ACTIVITY_ANNOUNCED, ACTIVITY_CANCELLED, ACTIVITY_LAPSED, ACTIVITY_SPOKE

DRAFT, ANNOUNCED, OPEN = ActivityState.DRAFT, ActivityState.ANNOUNCED, ActivityState.OPEN
RUNNING, FINISHED = ActivityState.RUNNING, ActivityState.FINISHED
REVIEWED, CANCELLED = ActivityState.REVIEWED, ActivityState.CANCELLED

STEPS: Mapping[str, tuple[ActivityState, ...]] = {
    DRAFT: (ANNOUNCED, CANCELLED),
    ANNOUNCED: (OPEN, RUNNING, CANCELLED),
    OPEN: (RUNNING, CANCELLED),
    RUNNING: (FINISHED, CANCELLED),
    FINISHED: (REVIEWED,),
    REVIEWED: (),
    CANCELLED: (),
}
REASON_LENGTH_MAX = 300


class CannotStep(Exception):
    """A step that an activity cannot take; `kind` names why, the sentences say it, all of them."""

    def __init__(self, kind: str, *sentences: str) -> None:
        super().__init__(" ".join(sentences))
        self.kind, self.sentences = kind, sentences


def step(
    *, activity_id: int, to: ActivityState, now: datetime, by: str = "", reason: str = ""
) -> tuple[Activity, bool]:
    """Take an activity to its next state, and say whether that happened now. Raises CannotStep.

    Announcing asks for everything that members are to be told. Cancelling asks for a reason: everybody who is
    registered is told, and what they paid goes back.
    """
    with transaction.atomic():
        activity = hold_activity(activity_id)
        if activity.state == to:
            return activity, False
        _check(activity, to, now, reason)
        move(activity, to, now=now, by=by, reason=reason)
    return activity, True


def open_if_due(activity: Activity, *, now: datetime) -> None:
    """Open registration where its time has come, though the job that does it has not run. The row is held."""
    opens_at = activity.registers_from()
    if activity.state == ANNOUNCED and (opens_at is None or opens_at <= now):
        move(activity, OPEN, now=now, by="clock")


def move(activity: Activity, to: ActivityState, *, now: datetime, by: str, reason: str = "") -> None:
    """Write a step down and do what it brings. The row is held, the step is allowed."""
    assert to in STEPS[activity.state], "steps are taken in order"
    ActivityStep.objects.create(
        activity=activity, from_state=activity.state, to_state=to, at=now, by=by[:80],
        reason=reason[:REASON_LENGTH_MAX],
    )  # fmt: skip
    activity.state, activity.changed_at = to, now
    changed = ["state", "changed_at"]
    if to == CANCELLED:
        activity.sequence += 1
        changed.append("sequence")
    if to == ANNOUNCED:
        activity.announced_at = now
        changed.append("announced_at")
    if to == FINISHED:
        activity.finished_at = now
        changed.append("finished_at")
    activity.save(update_fields=changed)
    if to == ANNOUNCED:
        tell(ACTIVITY_ANNOUNCED, activity, sorted(set(_people(activity))), now=now)
        inviting.tell_invited(activity, now=now)
        open_if_due(activity, now=now)
    elif to == OPEN:
        offer_free_seats(activity, now=now)
    elif to == RUNNING:
        _end_waiting(activity, now)
    elif to == FINISHED:
        _thank(activity, now)
        bringing.thank(activity, now=now)
    elif to == REVIEWED:
        delivering.deliver(activity, now=now, by=by)
    elif to == CANCELLED:
        _cancel_all(activity, now, reason)
        delivering.release(activity, now=now, by=by)


def _check(activity: Activity, to: ActivityState, now: datetime, reason: str) -> None:
    if to not in STEPS[activity.state]:
        said = {"from": activity.get_state_display(), "to": ActivityState(to).label}
        raise CannotStep("no_such_step", _("What is %(from)s cannot become %(to)s.") % said)
    if to == ANNOUNCED:
        mistakes = announcing.mistakes_of(activity, now=now)
        if mistakes:
            raise CannotStep("not_ready", *mistakes)
    if to == RUNNING and now < activity.starts_at - timedelta(hours=2):
        raise CannotStep("too_early", _("It begins later; move its beginning first."))
    if to == FINISHED and now < activity.starts_at:
        raise CannotStep("too_early", _("It has not begun."))
    if to == CANCELLED and activity.state != DRAFT and not reason.strip():
        raise CannotStep("reason_missing", _("Say why: everybody who is registered reads it."))


def _people(activity: Activity) -> list[int]:
    return list(activity.people.values_list("member_id", flat=True))


def _end_waiting(activity: Activity, now: datetime) -> None:
    """Whoever has no place when it begins gets none any more, and hears it."""
    rest = activity.registrations.filter(state__in=LIVE_STATES).exclude(state=RegistrationState.CONFIRMED)
    for each in rest.select_for_update().order_by("pk"):
        each.activity = activity
        end(each, RegistrationState.LAPSED, by=EndedBy.CLOCK, now=now)
        tell_one(ACTIVITY_LAPSED, each, now=now)


def _thank(activity: Activity, now: datetime) -> None:
    """Tell who hosted, spoke and helped: rules thank them."""
    for each in activity.people.filter(spoke_at__isnull=True).order_by("pk"):
        each.spoke_at = now
        each.save(update_fields=["spoke_at"])
        tell(ACTIVITY_SPOKE, activity, [each.member_id], now=now, more={"part": each.part})


def _cancel_all(activity: Activity, now: datetime, reason: str) -> None:
    for each in activity.registrations.live().select_for_update().order_by("pk"):
        had_place = each.state == RegistrationState.CONFIRMED
        each.activity = activity
        end(each, RegistrationState.CANCELLED, by=EndedBy.TEAM, now=now, reason=reason)
        tell_one(ACTIVITY_CANCELLED, each, now=now, by="team", late=False, had_place=had_place)
