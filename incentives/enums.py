"""The closed lists of the incentives app."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class RuleState(models.TextChoices):
    DRAFT = "draft", _("draft")
    ANNOUNCED = "announced", _("announced")
    LIVE = "live", _("live")
    PAUSED = "paused", _("paused")
    RETIRED = "retired", _("retired")


class NoticeOf(models.TextChoices):
    """What is announced of a rule, or was done without notice."""

    NEXT = "next", _("the next version")
    END = "end", _("its end")
    PAUSE = "pause", _("a pause")
    SHARED = "share", _("a limit or table it shares")


class Emergency(models.TextChoices):
    """The only reasons to cut a public rule without notice."""

    FRAUD = "fraud", _("fraud")
    MISTAKE = "mistake", _("a mistake")


class CurrencyKind(models.TextChoices):
    SPENDABLE = "spendable", _("spendable")
    QUALIFYING = "qualifying", _("qualifying")


class Bucket(models.IntegerChoices):
    """Where a member's points lie."""

    AVAILABLE = 1, _("available")
    PENDING = 2, _("pending")
    HELD = 3, _("held")


class JournalKind(models.IntegerChoices):
    """What a journal records. The numbers stand in the books and never change."""

    AWARD = 1, _("award")
    DEDUCT = 2, _("deduction")
    SPEND = 3, _("spending")
    HOLD = 4, _("hold")
    CAPTURE = 5, _("capture")
    VOID = 6, _("void")
    TRANSFER = 7, _("transfer")
    REVERSE = 8, _("reversal")
    MATURE = 9, _("unlocking")
    EXPIRE = 10, _("expiry")
    ADJUST = 11, _("adjustment")
    OPENING = 12, _("opening balance")
    LAPSE = 13, _("lapse")


class Contra(models.IntegerChoices):
    """Where points come from or go to: names, not rows, so nothing is hot. A contra's balance is a sum."""

    ISSUED = 1, _("issued")
    REDEEMED = 2, _("redeemed")
    EXPIRED = 3, _("expired")
    ADJUSTED = 4, _("adjusted")
    REVERSED = 5, _("reversed")
    TRANSIT = 6, _("transit")
    DEDUCTED = 7, _("deducted")
    LAPSED = 8, _("lapsed")


class PendingState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    MATURED = "matured", _("unlocked")
    LAPSED = "lapsed", _("lapsed")
    WITHDRAWN = "withdrawn", _("taken back")


class HoldState(models.TextChoices):
    OPEN = "open", _("open")
    CAPTURED = "captured", _("captured")
    VOIDED = "voided", _("voided")
    EXPIRED = "expired", _("timed out")


class PrivilegeKind(models.TextChoices):
    """What is special about a privilege; most are plain."""

    PLAIN = "plain", _("plain")
    BIRTHDAY = "birthday", _("granted at each birthday")
    INVITATIONS = "invitations", _("the invitations of a tier")


class PrivilegeWay(models.TextChoices):
    """How a privilege is used."""

    APP = "app", _("the app asks and uses")
    MEMBER = "member", _("the member books")
    OPERATOR = "operator", _("the team fulfils")


class QuotaPeriod(models.TextChoices):
    """The member's own days, weeks from Monday, months and years."""

    DAY = "day", _("a day")
    WEEK = "week", _("a week")
    MONTH = "month", _("a month")
    YEAR = "year", _("a year")
    EVER = "ever", _("for ever")


class GroundKind(models.TextChoices):
    """Why members hold a privilege, apart from grants."""

    EVERYONE = "everyone", _("everyone")
    TIER = "tier", _("from a tier on")
    BADGE = "badge", _("with a badge")
    SEGMENT = "segment", _("in a segment")
    ROLE = "role", _("with a responsibility")
    PURCHASE = "purchase", _("for points")


class UseState(models.TextChoices):
    USED = "used", _("used")
    BOOKED = "booked", _("booked")
    WAITING = "waiting", _("waits for the team")
    FULFILLED = "fulfilled", _("fulfilled")
    GIVEN_BACK = "given_back", _("given back")


class CaseState(models.TextChoices):
    """Where a member's question stands. Open and reopened wait for the team."""

    OPEN = "open", _("waits for the team")
    ANSWERED = "answered", _("answered")
    REOPENED = "reopened", _("looked at again")
    CLOSED = "closed", _("closed")


class CorrectionList(models.TextChoices):
    """How the members of a correction are found."""

    REFS = "refs", _("a list of refs")
    SEGMENT = "segment", _("everyone in a segment")
    PAID = "paid", _("everyone a rule paid")
    EVENT = "event", _("everyone with an event, such as a check-in")


class CorrectionAct(models.TextChoices):
    ADD = "add", _("add points")
    TAKE_BACK = "take_back", _("take back what a rule paid")
    JUDGE_AGAIN = "judge_again", _("judge again")
    PRIVILEGE = "privilege", _("grant a privilege")
    BADGE = "badge", _("grant a badge")


class CorrectionState(models.TextChoices):
    GATHERING = "gathering", _("being worked out")
    DRAFT = "draft", _("to be looked at")
    WAITING = "waiting", _("waits for a second operator")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    UNDOING = "undoing", _("being undone")
    UNDONE = "undone", _("undone")
    DISCARDED = "discarded", _("discarded")


class CorrectionLineState(models.TextChoices):
    """What became of one member of a correction."""

    WAITING = "waiting", _("waiting")
    DONE = "done", _("done")
    NOTHING = "nothing", _("nothing to do")
    FAILED = "failed", _("could not be done")
    UNDONE = "undone", _("undone")


class CaseFinding(models.TextChoices):
    """What was found without anybody's help, in the order in which it is looked for."""

    NOT_RECEIVED = "not_received", _("not received")
    REFUSED = "refused", _("refused")
    NO_RULE = "no_rule", _("no rule")
    CLAUSE = "clause", _("a clause failed")
    LIMIT = "limit", _("limit reached")
    PENDING = "pending", _("pending")
    TAKEN_BACK = "taken_back", _("paid, then taken back")
    FROZEN = "frozen", _("frozen")
    NOTHING = "nothing", _("nothing that explains it")


class QuestState(models.TextChoices):
    DRAFT = "draft", _("draft")
    LIVE = "live", _("live")
    PAUSED = "paused", _("paused")
    # A newer version took its place; whoever has begun goes on with this one.
    REPLACED = "replaced", _("replaced")
    ENDED = "ended", _("ended")


class RunState(models.TextChoices):
    """How far a member is with a quest."""

    OPEN = "open", _("under way")
    COMPLETED = "completed", _("completed")
    EXPIRED = "expired", _("time is up")


class CampaignState(models.TextChoices):
    DRAFT = "draft", _("draft")
    RUNNING = "running", _("running")
    STOPPED = "stopped", _("stopped")
    ENDED = "ended", _("ended")


class StageOpens(models.TextChoices):
    """What a stage of a campaign opens."""

    VOICES = "voices", _("invitations of known voices")
    PARTNERS = "partners", _("codes of partners")
    LETTERS = "letters", _("invitations of the whole audience")


class Slot(models.TextChoices):
    """What a benefit of a campaign is for."""

    ATTRACT = "attract", _("on entry")
    INDUCE = "induce", _("per step")
    RETURNING = "returning", _("for coming back")
    HIDDEN = "hidden", _("hidden")


class ReleasedTo(models.TextChoices):
    """Whom the host of a campaign releases its hidden benefit to: everybody who has come so far, never a lot."""

    SPOKE = "spoke", _("guests who broke the ice")
    RETAINED = "retained", _("guests who stayed for a month")
    INVITERS = "inviters", _("members whose guests broke the ice")
