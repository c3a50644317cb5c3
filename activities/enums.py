"""The closed lists of the activities app."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ActivityKind(models.TextChoices):
    """What a gathering is for; see docs/activities.md."""

    BRAND = "brand", _("brand")
    MEMBER = "member", _("for members")
    SHARING = "sharing", _("sharing")
    PAID = "paid", _("with tickets")


class ActivityState(models.TextChoices):
    """The stages of an activity's life. Whether it is full is seen from its seats, not kept."""

    DRAFT = "draft", _("draft")
    ANNOUNCED = "announced", _("on the calendar")
    OPEN = "open", _("registration open")
    RUNNING = "running", _("running")
    FINISHED = "finished", _("finished")
    REVIEWED = "reviewed", _("reviewed")
    CANCELLED = "cancelled", _("cancelled")


class Part(models.TextChoices):
    """What somebody does in an activity beside coming."""

    HOST = "host", _("host")
    SPEAKER = "speaker", _("speaker")
    HELPER = "helper", _("helper")


class RegistrationState(models.TextChoices):
    ASKED = "asked", _("waits for approval")
    WAITING = "waiting", _("on the waiting list")
    OFFERED = "offered", _("has been offered a place")
    HELD = "held", _("has to pay")
    CONFIRMED = "confirmed", _("has a place")
    CANCELLED = "cancelled", _("cancelled")
    REFUSED = "refused", _("refused")
    LAPSED = "lapsed", _("let it pass")


class EndedBy(models.TextChoices):
    """Who ended a registration."""

    MEMBER = "member", _("the member")
    TEAM = "team", _("the team")
    CLOCK = "clock", _("the clock")


class OrderState(models.TextChoices):
    PLACED = "placed", _("to be paid")
    GATHERING = "gathering", _("paid, waits for its group")
    PAID = "paid", _("settled")
    EXPIRED = "expired", _("not paid in time")
    CANCELLED = "cancelled", _("cancelled")


class RefundState(models.TextChoices):
    """A refund is decided first, in the books of the activity; then the provider is asked, as often as it takes."""

    DUE = "due", _("to be paid back")
    DONE = "done", _("paid back")
    FAILED = "failed", _("could not be paid back")


class RefundFor(models.TextChoices):
    """Why money goes back."""

    CANCELLED = "cancelled", _("the place was cancelled")
    CALLED_OFF = "called_off", _("the activity was called off")
    LATE = "late", _("it was paid when the place was gone")
    SURPLUS = "surplus", _("more was paid than was due")
    GOODWILL = "goodwill", _("the team gave it back")
    GROUP = "group", _("the group was not complete in time")


class GroupState(models.TextChoices):
    """A group that buys together is complete or not, by a moment."""

    OPEN = "open", _("gathers")
    COMPLETED = "completed", _("complete")
    FAILED = "failed", _("not complete in time")


class ProposalState(models.TextChoices):
    """How far a proposal has come."""

    PROPOSED = "proposed", _("proposed")
    TALKING = "talking", _("being talked about")
    ACCEPTED = "accepted", _("accepted")
    SCHEDULED = "scheduled", _("has a date")
    DELIVERED = "delivered", _("delivered")
    DECLINED = "declined", _("declined")
    WITHDRAWN = "withdrawn", _("withdrawn")


class ScanBy(models.TextChoices):
    """How somebody was found to be there."""

    CODE = "code", _("the code was scanned")
    HAND = "hand", _("by hand")
    WALK_IN = "walk_in", _("came without registering")
    ROOM = "room", _("by the code in the room")
    GUESTS = "guests", _("guests were counted")
    UNDO = "undo", _("taken back")


class ScanResult(models.TextChoices):
    CAME = "came", _("came")
    ALREADY = "already", _("was in already")
    REFUSED = "refused", _("was not let in")
    UNDONE = "undone", _("was taken back")


class PaperKind(models.TextChoices):
    """What a member may take home, or show at the door."""

    ADMISSION = "admission", _("admission letter")
    CERTIFICATE = "certificate", _("certificate")


class NameForm(models.TextChoices):
    """How a member's name stands on a paper that anybody may verify."""

    NAME = "name", _("by name")
    INITIALS = "initials", _("by initials")
    NOBODY = "nobody", _("without a name")


class InvitedFor(models.TextChoices):
    """Why somebody is invited to a members' activity before the others."""

    GROWTH = "growth", _("grew most last month")
    NEW = "new", _("known to nobody there yet")
    HAND = "hand", _("added by hand")
