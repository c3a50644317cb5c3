"""A member's own activities for the points page: coming, waiting and past, and what they would share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from activities.domain import wording
from activities.domain.calendars.secrets import secret_of
from activities.domain.proposals.proposing import OPEN_STATES
from activities.enums import ActivityState, Part, ProposalState, RegistrationState
from activities.models import LIVE_STATES, PUBLIC_STATES, ActivityPerson, Proposal, Registration
from config.site.gatherings import words
from config.templatetags.names import moment
from members.models import Member

COMING_MAX, PAST_MAX, PROPOSALS_MAX = 50, 20, 20
WAITS = (RegistrationState.ASKED, RegistrationState.WAITING)


@dataclass(frozen=True, slots=True)
class Line:
    """A registration in a list: which activity, when, and how it stands."""

    code: str
    icon: str
    name: str
    starts_at: datetime
    when: str
    state: str
    words: str
    # Where the code for the door is, and afterwards feedback and papers; empty for whoever has no place.
    own_page: str = ""


@dataclass(frozen=True, slots=True)
class Door:
    """An activity that the member hosts or helps at."""

    name: str
    when: str
    href: str


@dataclass(frozen=True, slots=True)
class ProposalLine:
    id: str
    title: str
    stage: str
    words: str
    reason: str
    activity: str
    may_withdraw: bool


@dataclass(frozen=True, slots=True)
class Question:
    """Somebody would like this member to speak."""

    id: str
    proposer: str
    title: str
    words: str


@dataclass(frozen=True, slots=True)
class Tomorrow:
    name: str
    code: str
    when: str


@dataclass(frozen=True, slots=True)
class Mine:
    """All of it. `coming` are places, offers and bills; `waiting` is what depends on others."""

    coming: list[Line]
    waiting: list[Line]
    past: list[Line]
    proposals: list[ProposalLine]
    questions: list[Question]
    tomorrow: list[Tomorrow]
    doors: list[Door]
    feed: str

    @property
    def offers(self) -> list[Line]:
        return [each for each in self.coming if each.state == RegistrationState.OFFERED]

    @property
    def bills(self) -> list[Line]:
        return [each for each in self.coming if each.state == RegistrationState.HELD]

    @property
    def count(self) -> str:
        """What stands beside the section's title."""
        total = len(self.coming) + len(self.waiting)
        return ngettext("%(count)d coming", "%(count)d coming", total) % {"count": total} if total else ""


def mine_of(member: Member, *, now: datetime) -> Mine:
    """A member's activities, doors and proposals: five queries, however many they are."""
    found = Registration.objects.filter(member=member).select_related("activity__space", "activity__tier")
    coming = found.filter(state__in=LIVE_STATES, activity__ends_at__gt=now).annotate(line=_place_in_line())
    rows = list(coming.order_by("activity__starts_at", "pk")[:COMING_MAX])
    past = found.filter(state=RegistrationState.CONFIRMED, activity__ends_at__lte=now)
    proposals = list(
        Proposal.objects.filter(Q(proposer=member) | Q(speaker=member))
        .select_related("proposer", "speaker", "activity")
        .order_by("-pk")[:PROPOSALS_MAX]
    )
    secret = secret_of(member)
    tomorrow = member.local(now).date() + timedelta(days=1)
    return Mine(
        coming=[_line(each) for each in rows if each.state not in WAITS],
        waiting=[_line(each) for each in rows if each.state in WAITS],
        past=[_past(each) for each in past.order_by("-activity__starts_at", "-pk")[:PAST_MAX]],
        proposals=[_proposal(each, member) for each in proposals if each.proposer_id == member.pk],
        questions=[_question(each) for each in proposals if _is_asked(each, member)],
        tomorrow=[
            Tomorrow(wording.name_of(each.activity), each.activity.code, words.when(each.activity))
            for each in rows
            if each.state == RegistrationState.CONFIRMED
            and each.activity.starts_at > now
            and member.local(each.activity.starts_at).date() <= tomorrow
        ],
        doors=_doors(member, now),
        feed=f"{settings.SITE_URL}{reverse('own-feed', kwargs={'secret': secret})}" if secret else "",
    )


def waiting_lines(mine: Mine) -> list[tuple[str, str, str, bool]]:
    """What of it waits for the member: icon, words, where it stands, and whether they are asked."""
    lines = [
        ("i-ticket", _("A place has become free: %(name)s") % {"name": each.name}, _page(each.code), True)
        for each in mine.offers
    ]
    lines += [
        ("i-ticket", _("To be paid: %(name)s") % {"name": each.name}, _page(each.code), True) for each in mine.bills
    ]
    if mine.questions:
        count = len(mine.questions)
        asked = ngettext(
            "%(count)d question whether you would speak", "%(count)d questions whether you would speak", count
        )
        lines.append(("i-mic", asked % {"count": count}, "#activities", True))
    said = ((_("%(name)s: %(when)s") % {"name": each.name, "when": each.when}, each.code) for each in mine.tomorrow)
    return [*lines, *(("i-calendar", text, _page(code), False) for text, code in said)]


def _page(code: str) -> str:
    return reverse("activity", kwargs={"code": code})


def _place_in_line() -> Subquery:
    """How many are ahead, for whoever waits, counted beside the row itself."""
    ahead = Q(priority__gt=OuterRef("priority")) | Q(
        Q(waits_since__lt=OuterRef("waits_since")) | Q(waits_since=OuterRef("waits_since"), pk__lt=OuterRef("pk")),
        priority=OuterRef("priority"),
    )
    line: QuerySet[Registration] = Registration.objects.filter(
        ahead, activity=OuterRef("activity"), state=RegistrationState.WAITING
    )
    counted = line.order_by().values("activity").annotate(n=Count("pk")).values("n")
    return Subquery(counted, output_field=IntegerField())


def _doors(member: Member, now: datetime) -> list[Door]:
    """Where the member lets others in, until there is no more time for feedback; the next first."""
    made = ActivityPerson.objects.filter(
        member=member, part__in=(Part.HOST, Part.HELPER), activity__state__in=PUBLIC_STATES,
        activity__ends_at__gt=now - timedelta(days=settings.FEEDBACK_DAYS),
    ).exclude(activity__state=ActivityState.CANCELLED)  # fmt: skip
    return [
        Door(wording.name_of(each.activity), words.when(each.activity), reverse("host-scan", args=[each.activity.code]))
        for each in made.select_related("activity").order_by("activity__starts_at", "pk")[:COMING_MAX]
    ]


def _line(each: Registration) -> Line:
    activity = each.activity
    said = str(each.get_state_display())
    if each.state == RegistrationState.WAITING:
        said = _("number %(place)d in line") % {"place": (getattr(each, "line", None) or 0) + 1}
    elif each.until is not None:
        said = _("%(state)s, until %(moment)s") % {"state": said, "moment": moment(each.until)}
    return Line(
        activity.code, words.KINDS[activity.kind][0], wording.name_of(activity), activity.starts_at,
        words.when(activity), each.state, said,
        reverse("coming", args=[activity.code]) if each.state == RegistrationState.CONFIRMED else "",
    )  # fmt: skip


def _past(each: Registration) -> Line:
    said = ""
    if each.activity.state == ActivityState.CANCELLED:
        said = _("Called off")
    elif each.checked_in_at is not None:
        said = _("You were there")
    elif each.missed_at is not None:
        said = _("You did not come")
    line = _line(each)
    return Line(line.code, line.icon, line.name, line.starts_at, line.when, line.state, said, line.own_page)


def _is_asked(each: Proposal, member: Member) -> bool:
    may_answer = each.state in (ProposalState.PROPOSED, ProposalState.TALKING)
    return each.speaker_id == member.pk and each.agreed_at is None and may_answer


def _question(each: Proposal) -> Question:
    return Question(str(each.public_id), each.proposer.display_name or each.proposer.ref, each.title, each.words)


def _proposal(each: Proposal, member: Member) -> ProposalLine:
    who = each.guest
    if each.speaker is not None and each.speaker_id != member.pk:
        who = each.speaker.display_name or each.speaker.ref
        if each.agreed_at is None and each.state in OPEN_STATES:
            who = _("%(name)s, who has not answered yet") % {"name": who}
    said = _("By %(name)s") % {"name": who} if who else ""
    activity = each.activity
    has_page = activity is not None and activity.state != ActivityState.DRAFT
    if activity is not None:
        said = " · ".join(filter(None, (said, words.when(activity))))
    return ProposalLine(
        str(each.public_id), each.title, str(each.get_state_display()), said, each.reason,
        activity.code if activity is not None and has_page else "", each.state in OPEN_STATES,
    )  # fmt: skip
