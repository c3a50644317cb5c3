"""Decides whether a member may register for an activity now, what would come of it, and why not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from activities.domain import wording
from activities.enums import ActivityState, RegistrationState
from activities.models import COMING_STATES, Activity, Registration
from incentives.domain.privileges.deciding import answers_of
from incentives.domain.privileges.definitions import remembered
from incentives.domain.privileges.wording import WhyNot, day_words, tier_too_low_words
from members.enums import Frozen, MembershipState, MemberStatus
from members.models import Freeze, Member, SegmentMember, SpaceMember, Standing


@dataclass(frozen=True, slots=True)
class Check:
    """Something that is asked of whoever wants to come, and whether this member meets it."""

    code: str
    sentence: str
    is_met: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a member may register now (`why_not` None), and as what: `confirmed`, `asked` or `waiting`.

    `checks` are all the demands, met or not; `registration` what they have already.
    """

    checks: tuple[Check, ...]
    why_not: WhyNot | None
    would_be: RegistrationState | None
    registration: Registration | None

    @property
    def may(self) -> bool:
        return self.why_not is None


def verdict_of(activity: Activity, member: Member, *, now: datetime) -> Verdict:
    """What came of a member's registration, or what would: a number of queries that never grows."""
    earlier = Registration.objects.live().filter(activity=activity, member=member).first()
    checks, why = demands_of(activity, member, now=now)
    why = why or time_to_register(activity, member, now=now)
    if why is None and earlier is None and activity.is_full and not activity.has_waiting_list:
        why = wording.full()
    if earlier is not None:
        why = WhyNot("registered", _("You are registered already."))
        return Verdict(checks, why, None, earlier)
    return Verdict(checks, why, None if why is not None else _would_be(activity), None)


def demands_of(activity: Activity, member: Member, *, now: datetime) -> tuple[tuple[Check, ...], WhyNot | None]:
    """What is asked of whoever comes, and the first thing that this member does not meet."""
    why = _person(member, now)
    checks = [
        each
        for each in (
            _tier(activity, member),
            _segment(activity, member),
            _space(activity, member),
            _rest(activity, member),
        )
        if each is not None
    ]
    unmet = next((each for each in checks if not each.is_met), None)
    if why is None and unmet is not None:
        why = WhyNot(unmet.code, unmet.sentence)
    return tuple(checks), why


def time_to_rest(activity: Activity, member: Member) -> WhyNot | None:
    """Why a member lets this date of a series pass; None if they need not. True for as long as the series is held."""
    found = _rest(activity, member)
    return None if found is None or found.is_met else WhyNot(found.code, found.sentence)


def time_to_register(activity: Activity, member: Member, *, now: datetime) -> WhyNot | None:
    """Why this is not the time to register, whatever the clockwork has done by now; None if it is."""
    if activity.state == ActivityState.CANCELLED:
        return wording.cancelled()
    if activity.state in (ActivityState.FINISHED, ActivityState.REVIEWED) or now >= activity.ends_at:
        return wording.over()
    if activity.state == ActivityState.RUNNING or now >= activity.starts_at:
        return wording.has_begun()
    if activity.state not in COMING_STATES:
        return wording.not_open()
    if now >= activity.registers_until():
        return wording.closed(activity)
    opens_at = activity.registers_from()
    if opens_at is not None and now < opens_at and not _is_early(activity, member, opens_at, now):
        return wording.opens_later(opens_at, activity)
    first = activity.invited_until()
    if first is not None and now < first and not activity.invitations.filter(member=member).exists():
        return wording.invited_first(first, activity)
    return None


def _would_be(activity: Activity) -> RegistrationState:
    if activity.needs_approval:
        return RegistrationState.ASKED
    return RegistrationState.WAITING if activity.is_full else RegistrationState.CONFIRMED


def _is_early(activity: Activity, member: Member, opens_at: datetime, now: datetime) -> bool:
    """Whether a privilege opens registration to this member already."""
    if activity.early_privilege_id is None or now < opens_at - timedelta(hours=activity.early_hours):
        return False
    definition = next((each for each in remembered().values() if each.id == activity.early_privilege_id), None)
    if definition is None:
        return False
    (answer,) = answers_of(member, [definition], now=now)
    return answer.is_held and answer.may


def _person(member: Member, now: datetime) -> WhyNot | None:
    if member.status != MemberStatus.ACTIVE:
        said = {"status": member.get_status_display()}
        return WhyNot("not_active", _("Not while the membership is %(status)s.") % said)
    frozen = Freeze.objects.holding(Frozen.PRIVILEGES, now).filter(member=member).order_by("-ends_at")
    ends_at = frozen.values_list("ends_at", flat=True).first()
    if ends_at is not None:
        said = {"date": day_words(member.local(ends_at))}
        return WhyNot("frozen", _("What you may do here is frozen until %(date)s.") % said)
    return None


def _tier(activity: Activity, member: Member) -> Check | None:
    tier = activity.tier
    if tier is None:
        return None
    held = Standing.objects.filter(member=member, ladder_id=tier.ladder_id).values_list("tier__threshold", flat=True)
    threshold = held.first()
    is_met = threshold is not None and threshold >= tier.threshold
    return Check("tier_too_low", tier_too_low_words(wording.words_in(tier.names, tier.code)), is_met)


def _segment(activity: Activity, member: Member) -> Check | None:
    if activity.segment_id is None:
        return None
    is_met = SegmentMember.objects.filter(member=member, segment_id=activity.segment_id).exists()
    # No name: what a segment is called is the operators' word for people, not theirs.
    return Check("not_among", _("For a circle of members that changes."), is_met)


def _space(activity: Activity, member: Member) -> Check | None:
    if not activity.only_space:
        return None
    assert activity.space is not None, "only_for_a_space_names_it"
    inside = SpaceMember.objects.filter(member=member, space=activity.space, state=MembershipState.IN)
    said = {"space": wording.words_in(activity.space.names, activity.space.ref)}
    return Check("not_in_space", _("For members of %(space)s.") % said, inside.exists())


def _rest(activity: Activity, member: Member) -> Check | None:
    """Whoever has a place in a near date of the series rests, so that more get a turn; who did not come does not."""
    series = activity.series
    if series is None or not series.rest_days:
        return None
    span = timedelta(days=series.rest_days)
    near = Registration.objects.seated().filter(
        member=member, activity__series=series, missed_at__isnull=True,
        activity__starts_at__gt=activity.starts_at - span, activity__starts_at__lt=activity.starts_at + span,
    )  # fmt: skip
    said = {"days": series.rest_days}
    sentence = ngettext(
        "Not joined this series within %(days)d day, so that more people get a turn.",
        "Not joined this series within %(days)d days, so that more people get a turn.", series.rest_days,
    )  # fmt: skip
    return Check("joined_lately", sentence % said, not near.exclude(activity=activity).exists())
