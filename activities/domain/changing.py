"""Changes an activity that members may know of already, and tells them where it matters to them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from activities.domain import campaigns, money, questions
from activities.domain.seating import hold_activity, offer_free_seats
from activities.domain.telling import tell
from activities.enums import ActivityState
from activities.models import COMING_STATES, Activity, Registration, Ticket
from members.domain.outcomes import ACTIVITY_CHANGED

# Whoever is registered hears of a change of these.
TOLD = frozenset({"starts_at", "ends_at", "zone", "place"})
# What is decided by the clock, the seats and the steps is never typed.
FIXED = frozenset(
    {
        "state",
        "seats_taken",
        "announced_at",
        "finished_at",
        "public_id",
        "created_at",
        "sequence",
        "changed_at",
        "series",
        "series_date",
        "follows_series",
        "follows_campaign",
    }
)
CLOSED_STATES = (ActivityState.REVIEWED, ActivityState.CANCELLED)


class CannotEdit(Exception):
    """A change that cannot be made; `field` names where."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field, self.sentence = field, sentence


def change(*, activity_id: int, values: Mapping[str, Any], now: datetime, reason: str = "") -> Activity:
    """Write these fields and nothing else; a new time or place is told, new seats are offered.

    Raises CannotEdit.
    """
    assert not FIXED & set(values), "these are not typed"
    with transaction.atomic():
        if values.get("campaign") is not None:
            # Before the activity, as whoever stops a campaign does.
            campaigns.hold(values["campaign"])
        activity = hold_activity(activity_id)
        changed = [name for name, value in values.items() if getattr(activity, name) != value]
        check(activity, {name: values[name] for name in changed}, now=now)
        for name in changed:
            setattr(activity, name, values[name])
        if not changed:
            return activity
        check_whole(activity)
        activity._change_reason = reason or None  # type: ignore[attr-defined]  # noqa: SLF001  As the history asks.
        activity.sequence, activity.changed_at = activity.sequence + 1, now
        # From now on the series leaves it alone, and it outlives its campaign.
        activity.follows_series = activity.follows_campaign = False
        activity.save(update_fields=[*changed, "sequence", "changed_at", "follows_series", "follows_campaign"])
        if "starts_at" in changed:
            Registration.objects.filter(activity=activity).update(reminded_day_at=None, reminded_hour_at=None)
        if activity.state in COMING_STATES:
            if TOLD & set(changed):
                whom = activity.registrations.live().order_by("pk").values_list("member_id", flat=True)
                tell(ACTIVITY_CHANGED, activity, list(whom), now=now)
            offer_free_seats(activity, now=now)
    return activity


def check_whole(made: Activity | Ticket) -> None:
    """Raise CannotEdit for what the database would refuse, in its words."""
    try:
        made.full_clean(validate_unique=False)
    except ValidationError as error:
        field, sentences = next(iter(error.message_dict.items()))
        raise CannotEdit("" if field == "__all__" else field, sentences[0]) from error


def check(activity: Activity, values: Mapping[str, Any], *, now: datetime) -> None:
    """Raise CannotEdit for what would break a promise that was made."""
    if activity.state in CLOSED_STATES and set(values) - {"reach", "cost", "money", "texts", "summaries"}:
        raise CannotEdit("", _("It is over; only what it cost and reached is still written down."))
    capacity = values.get("capacity", activity.capacity)
    if capacity is not None and capacity < activity.seats_taken:
        said = {"taken": activity.seats_taken}
        raise CannotEdit("capacity", _("%(taken)d seats are taken; cancel some registrations first.") % said)
    if "code" in values and activity.state != ActivityState.DRAFT:
        raise CannotEdit("code", _("Members know it by this address; it stays."))
    if "kind" in values and activity.state != ActivityState.DRAFT:
        raise CannotEdit("kind", _("It was announced as what it is; it stays so."))
    starts_at = values.get("starts_at")
    if starts_at is not None and activity.state in COMING_STATES and starts_at <= now:
        raise CannotEdit("starts_at", _("It would begin in the past."))
    if "campaign" in values:
        try:
            campaigns.check(activity, values["campaign"], starts_at=starts_at or activity.starts_at)
        except campaigns.CannotBelong as error:
            raise CannotEdit("campaign", str(error)) from error
    if "money" in values:
        _check_money(activity, values["money"])
    if "questions" in values:
        try:
            questions.read(values["questions"])
        except questions.BadQuestions as error:
            raise CannotEdit("questions", str(error)) from error


def _check_money(activity: Activity, code: str) -> None:
    """Prices are written in the activity's money: it stays while there are any."""
    if code and not money.is_money(code):
        raise CannotEdit("money", _("%(code)s is no money; write one such as EUR.") % {"code": code})
    if activity.pk is None or not activity.money:
        return
    if activity.orders.filter(amount__gt=0).exists() or (not code and activity.tickets.filter(price__gt=0).exists()):
        raise CannotEdit("money", _("Its tickets are paid in %(code)s; that stays.") % {"code": activity.money})
