"""The closed lists of the members app."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class MemberStatus(models.TextChoices):
    ACTIVE = "active", _("active")
    SUSPENDED = "suspended", _("suspended")
    BANNED = "banned", _("banned")
    LEFT = "left", _("left")
    ERASED = "erased", _("erased")


class AttributeKind(models.TextChoices):
    STRING = "string", _("text")
    INT = "int", _("whole number")
    DECIMAL = "decimal", _("number with decimals")
    BOOL = "bool", _("yes or no")
    DATE = "date", _("date")
    CHOICE = "choice", _("one of a list")


class ShownTo(models.TextChoices):
    TEAM = "team", _("the team")
    MEMBER = "member", _("the member and the team")


class ImportState(models.TextChoices):
    WAITING = "waiting", _("waits")
    CHECKING = "checking", _("being looked through")
    WRITING = "writing", _("being stored")
    DONE = "done", _("done")
    TRIED = "tried", _("only tried")
    REFUSED = "refused", _("refused")


class AgeBand(models.TextChoices):
    """As told by the host app; we never guess it."""

    ADULT = "adult", _("adult")
    MINOR = "minor", _("minor")
    UNKNOWN = "unknown", _("unknown")


class UnknownMembers(models.TextChoices):
    REFUSE = "refuse", _("refuse the event")
    CREATE = "create", _("create the member")


class UnknownSpaces(models.TextChoices):
    REFUSE = "refuse", _("refuse the event")
    CREATE = "create", _("create the space")


class SpaceState(models.TextChoices):
    """Forming and open spaces take members in, a resting one lets them wait, a closed one refuses."""

    FORMING = "forming", _("forming")
    OPEN = "open", _("open to newcomers")
    RESTING = "resting", _("resting")
    CLOSED = "closed", _("closed")


class MembershipState(models.TextChoices):
    WAITING = "waiting", _("waits in line")
    IN = "in", _("inside")
    LEFT = "left", _("left")


class CultivationStage(models.TextChoices):
    """How far the team is with somebody who may carry the community one day."""

    FOUND = "found", _("found")
    CONTACTED = "contacted", _("contacted")
    TRIAL = "trial", _("on trial")
    APPOINTED = "appointed", _("appointed")
    RESTING = "resting", _("resting")


class IntentionLayer(models.TextChoices):
    """How much somebody intends to take part."""

    STRONG = "strong", _("strong")
    INTENDING = "intending", _("intending")
    POTENTIAL = "potential", _("potential")


class EmailState(models.TextChoices):
    WAITING = "waiting", _("in the post")
    SENT = "sent", _("sent")
    FAILED = "failed", _("could not be sent")


class ReferralState(models.TextChoices):
    OPEN = "open", _("open")
    REVIEW = "review", _("to be looked at")
    CONFIRMED = "confirmed", _("looked at and good")
    REJECTED = "rejected", _("rejected")


class IntroductionState(models.TextChoices):
    PROPOSED = "proposed", _("proposed")
    ACCEPTED = "accepted", _("both agreed")
    DECLINED = "declined", _("declined")


class ContentStep(models.TextChoices):
    """What an event says of a content; the subject of such an event is its author."""

    SUBMITTED = "submitted", _("submitted")
    PUBLISHED = "published", _("published")
    APPROVED = "approved", _("approved")
    FEATURED = "featured", _("featured")
    ACCEPTED = "accepted", _("accepted by the asker")
    APPRECIATED = "appreciated", _("appreciated")
    REPORTED = "reported", _("reported")
    REMOVED = "removed", _("removed")
    # Told by ourselves.
    QUALITY = "quality", _("found to be good")


class ContentState(models.TextChoices):
    # Somebody appreciated or reported it; nobody said that it was handed in.
    MENTIONED = "mentioned", _("only mentioned")
    SUBMITTED = "submitted", _("waits for approval")
    APPROVED = "approved", _("approved")
    FEATURED = "featured", _("featured")
    REMOVED = "removed", _("removed")


class NeedAudience(models.TextChoices):
    """Who may see a need."""

    EVERYBODY = "everybody", _("everybody")
    CONNECTIONS = "connections", _("whom they know")
    SEGMENT = "segment", _("a segment")
    TIER = "tier", _("a tier, and those above")


class NeedState(models.TextChoices):
    OPEN = "open", _("open")
    MATCHED = "matched", _("two have found each other")
    CONFIRMED = "confirmed", _("confirmed by both")
    WITHDRAWN = "withdrawn", _("withdrawn")
    EXPIRED = "expired", _("expired")


class CandidateState(models.TextChoices):
    """How far somebody has come who could serve a need."""

    ASKED = "asked", _("asked")
    WILLING = "willing", _("would help")
    REFUSED = "refused", _("said no")
    DECLINED = "declined", _("the asker said no")
    MATCHED = "matched", _("both agreed")
    CONFIRMED = "confirmed", _("confirmed by both")
    FAILED = "failed", _("it came to nothing")
    CLOSED = "closed", _("closed with the need")


class NeedRole(models.TextChoices):
    ASKER = "asker", _("who asked")
    HELPER = "helper", _("who helps")


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
    UNDONE = "undone", _("the tier was taken off the ladder")


class SegmentKind(models.TextChoices):
    STATIC = "static", _("by hand")
    CONDITION = "condition", _("by condition")
    SHARE = "share", _("the best share")
    LAYER = "layer", _("layer of the pyramid")
    INTENTION = "intention", _("layer of intention")


class Scope(models.TextChoices):
    """What an API key may do."""

    EVENTS_WRITE = "events:write", _("report events")
    EVENTS_READ = "events:read", _("read what became of events")
    MEMBERS_READ = "members:read", _("read members")
    MEMBERS_WRITE = "members:write", _("create and change members")
    MEMBERS_ERASE = "members:erase", _("erase members for good")
    CONDUCT_READ = "conduct:read", _("read violations and reports")
    CONDUCT_WRITE = "conduct:write", _("record violations, appeals and reports")
    POINTS_READ = "points:read", _("read balances and statements")
    POINTS_WRITE = "points:write", _("spend, hold, transfer and adjust points")
    PRIVILEGES_READ = "privileges:read", _("read what members may do")
    PRIVILEGES_WRITE = "privileges:write", _("use, give back, grant and revoke privileges")
    RULES_READ = "rules:read", _("read and check rules")
    LADDERS_WRITE = "ladders:write", _("change ladders, and undo changes of them")
    CAMPAIGNS_READ = "campaigns:read", _("read campaigns and what came of them")
    CAMPAIGNS_WRITE = "campaigns:write", _("stop campaigns")
    CORRECTIONS_READ = "corrections:read", _("read corrections")
    CORRECTIONS_WRITE = "corrections:write", _("make corrections, and approve small ones of its own")
    ACTIVITIES_READ = "activities:read", _("read activities and who comes")
    ACTIVITIES_WRITE = "activities:write", _("make activities, register members and check them in")
    PAYMENTS_WRITE = "payments:write", _("say that money has come or gone back, and give it back")
    INBOX_READ = "inbox:read", _("read notifications and cases of members")
    INBOX_WRITE = "inbox:write", _("mark notifications as read, open and close cases")


class Consequence(models.TextChoices):
    """What follows from a violation, from the mildest to the hardest."""

    HIDE = "hide", _("the content is hidden")
    WARNING = "warning", _("warning")
    FREEZE_PRIVILEGES = "freeze_privileges", _("privileges are frozen")
    FREEZE_EARNING = "freeze_earning", _("earning is frozen")
    FREEZE_SPENDING = "freeze_spending", _("spending is frozen")
    FINE = "fine", _("points fine")
    BAN = "ban", _("ban")


class Frozen(models.TextChoices):
    PRIVILEGES = "privileges", _("privileges")
    EARNING = "earning", _("earning")
    SPENDING = "spending", _("spending")


class ViolationState(models.TextChoices):
    STANDS = "stands", _("stands")
    APPEALED = "appealed", _("appealed")
    UPHELD = "upheld", _("upheld")
    OVERTURNED = "overturned", _("overturned")


class ReportState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    ACTED = "acted", _("acted on")
    DISMISSED = "dismissed", _("no violation")


class MessageKind(models.TextChoices):
    """What a message is for: a promotion is rare, never comes at night, and can be switched off."""

    SERVICE = "service", _("service")
    PROMOTION = "promotion", _("promotion")


class GameKind(models.TextChoices):
    """How a turn is checked."""

    CHAIN = "chain", _("chain: begins with the sign that the last one ended with")
    LINE = "line", _("guess the line")
