"""The closed lists of the members app."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class MemberStatus(models.TextChoices):
    ACTIVE = "active", _("active")
    SUSPENDED = "suspended", _("suspended")
    BANNED = "banned", _("banned")
    LEFT = "left", _("left")
    ERASED = "erased", _("erased")


class AgeBand(models.TextChoices):
    """As told by the host app; we never guess it."""

    ADULT = "adult", _("adult")
    MINOR = "minor", _("minor")
    UNKNOWN = "unknown", _("unknown")


class UnknownMembers(models.TextChoices):
    REFUSE = "refuse", _("refuse the event")
    CREATE = "create", _("create the member")


class ReferralState(models.TextChoices):
    OPEN = "open", _("open")
    REVIEW = "review", _("to be looked at")
    CONFIRMED = "confirmed", _("looked at and good")
    REJECTED = "rejected", _("rejected")


class DeadLetterState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    REPLAYED = "replayed", _("replayed")
    DISMISSED = "dismissed", _("dismissed")


class CounterKind(models.TextChoices):
    COUNT = "count", _("how many events")
    SUM = "sum", _("sum of a value")
    DISTINCT = "distinct", _("how many different values")
    DAYS = "days", _("on how many different days")
    STREAK = "streak", _("periods in a row")


class CounterWindow(models.TextChoices):
    EVER = "ever", _("ever")
    DAY = "day", _("the member's day")
    WEEK = "week", _("the member's week, from Monday")
    MONTH = "month", _("the member's month")
    ROLLING = "rolling", _("the last days, today included")


class LadderWindow(models.TextChoices):
    """Over which time a ladder looks at its metric."""

    LIFETIME = "lifetime", _("ever")
    DAYS = "days", _("the last days")
    MONTH = "month", _("calendar month")
    QUARTER = "quarter", _("calendar quarter")
    YEAR = "year", _("calendar year")
    ANNIVERSARY = "anniversary", _("year since joining")


CALENDAR_WINDOWS = (LadderWindow.MONTH, LadderWindow.QUARTER, LadderWindow.YEAR, LadderWindow.ANNIVERSARY)


class Rises(models.TextChoices):
    AT_ONCE = "at_once", _("at once")
    AT_START = "at_start", _("at the period's start")


class Falls(models.TextChoices):
    NEVER = "never", _("never")
    STEP = "step", _("one step")
    EARNED = "earned", _("to what is earned")


class StandingReason(models.TextChoices):
    """Why a member rose or fell."""

    EARNED = "earned", _("earned")
    NOT_EARNED = "not_earned", _("not earned any more")
    DUTY = "duty", _("duties missed twice")
    QUOTA = "quota", _("others came first")
    INVITATION = "invitation", _("by invitation")
    PIN = "pin", _("lent by hand")
    PIN_ENDED = "pin_ended", _("no longer lent")
    STATUS = "status", _("may not hold it now")


class SegmentKind(models.TextChoices):
    STATIC = "static", _("by hand")
    CONDITION = "condition", _("by condition")
    SHARE = "share", _("the best share")
    LAYER = "layer", _("layer of the pyramid")


class Scope(models.TextChoices):
    """What an API key may do."""

    EVENTS_WRITE = "events:write", _("report events")
    EVENTS_READ = "events:read", _("read what became of events")
    MEMBERS_READ = "members:read", _("read members")
    MEMBERS_WRITE = "members:write", _("create and change members")
    POINTS_READ = "points:read", _("read balances and statements")
    POINTS_WRITE = "points:write", _("spend, hold, transfer and adjust points")
    RULES_READ = "rules:read", _("read and check rules")
