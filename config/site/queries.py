"""What the points page shows, ready to show, in a number of queries that does not grow with a member's history."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from config.site import drawing, tier_words
from incentives.domain import earnings, movements, traces
from incentives.domain.corrections.acts import ACTOR as CORRECTION
from incentives.domain.earnings import Way
from incentives.domain.ledger import queries as ledger
from incentives.domain.ledger.merging import MERGED
from incentives.domain.ledger.queries import BadCursor
from incentives.domain.movements import Movement, PendingLine
from incentives.domain.wording import value_words
from incentives.enums import CurrencyKind, JournalKind
from incentives.models import BadgeGrant
from members.domain.attributes import definitions
from members.domain.conduct.acceptance import rules_to_accept
from members.domain.conduct.queries import Conduct, conduct_of, may_appeal
from members.domain.standing import StandingLine, TierLine, share_of, standing_of
from members.domain.texts import text_in
from members.enums import MemberStatus, ShownTo
from members.models import CommunityRules, Event, Member

__all__ = ["PENDING", "SHOWN", "BadCursor", "page_of", "why"]

HISTORY_PAGE = 12
BADGES_SHOWN_MAX = 12
EXPIRING_WITHIN = timedelta(days=60)
SHOWN: dict[str, tuple[JournalKind, ...]] = {
    "earned": (JournalKind.AWARD, JournalKind.OPENING, JournalKind.MATURE),
    "spent": (JournalKind.SPEND, JournalKind.CAPTURE),
}
PENDING = "pending"
# The card's foils, from the lowest tier to the highest.
FOILS = ("bronze", "silver", "gold", "laurel")


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """A movement with its look: the kind of line, its picture, and what happened in a few words."""

    movement: Movement
    look: str
    icon: str
    title: str
    why: str


@dataclass(frozen=True, slots=True)
class Rung:
    """A tier on the rail. `way` is how far, in whole tens of per cent, the member is from it to the next."""

    name: str
    threshold: Decimal
    is_done: bool
    is_held: bool
    way: int


@dataclass(frozen=True, slots=True)
class Invitation:
    """A tier that the member may say yes to."""

    ladder: str
    tier: str
    name: str


@dataclass(frozen=True, slots=True)
class OtherLadder:
    """Another ladder in a few words: its name, the tier held, what is missing, and whatever else is to be said."""

    name: str
    tier_name: str
    next_name: str
    missing: Decimal
    says: list[str]
    invitation: Invitation | None


@dataclass(frozen=True, slots=True)
class Ladder:
    """Where the member stands: the tier held, the next one and what is missing."""

    tier_name: str
    next_name: str
    value: Decimal
    missing: Decimal
    foil: str
    leaves: list[drawing.Leaf]
    rungs: list[Rung]
    stays: bool
    says: list[str]
    invitation: Invitation | None


@dataclass(frozen=True, slots=True)
class BadgeLine:
    """A badge held (`granted_at`), or one within reach, with how far the member has come."""

    name: str
    icon: str
    granted_at: datetime | None
    times: int = 1
    reached: int = 0
    wanted: int = 0
    share: int = 0


@dataclass(frozen=True, slots=True)
class HeldLine:
    """Something held against the member, in words."""

    id: int
    name: str
    consequence: str
    state: str
    recorded_at: datetime
    reason: str
    note: str
    may_appeal: bool


@dataclass(frozen=True, slots=True)
class ConductPart:
    """Where the member stands: live strikes, what is frozen, what is held against them, and rules to accept."""

    status: str
    is_banned: bool
    conduct: Conduct
    held: list[HeldLine]
    rules: CommunityRules | None
    advocated: str
    forbidden: str

    @property
    def is_shown(self) -> bool:
        return bool(self.held or self.rules or self.status)


@dataclass(frozen=True, slots=True)
class AboutLine:
    """What is known of the member under a name; `value` is ready to be written."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Page:
    """Everything the member sees at once."""

    member: Member
    initials: str
    spendable: ledger.BalanceLine | None
    growth: ledger.BalanceLine | None
    expiring: ledger.LotLine | None
    ladder: Ladder | None
    others: list[OtherLadder]
    ways: list[Way]
    history: list[HistoryLine]
    more: str | None
    pending: list[PendingLine]
    badges: list[BadgeLine]
    about: list[AboutLine]
    conduct: ConductPart

    @property
    def badges_held(self) -> int:
        return sum(1 for badge in self.badges if badge.granted_at is not None)


def page_of(member: Member, *, now: datetime, show: str = "", search: str = "", before: str = "") -> Page:
    """Gather a member's points page."""
    balances = ledger.balances(member.pk)
    spendable = next((line for line in balances if line.kind == CurrencyKind.SPENDABLE), None)
    growth = next((line for line in balances if line.kind == CurrencyKind.QUALIFYING), None)
    standings = [line for line in standing_of(member.pk, now=now) if line.tiers]
    ways = earnings.ways_to_earn(member, now=now, language=_language())
    history: list[HistoryLine] = []
    more: str | None = None
    if show != PENDING:
        history, more = history_of(member, now=now, show=show, search=search, before=before)
    tells_pending = show in ("", PENDING) and not search and not before
    return Page(
        member=member,
        initials=_initials(member.display_name or member.ref),
        spendable=spendable,
        growth=growth,
        expiring=_expiring(member, spendable, now),
        ladder=_ladder(standings[0]) if standings else None,
        others=[_other(line) for line in standings[1:]],
        ways=ways,
        history=history,
        more=more,
        pending=movements.pending_of(member, language=_language()) if tells_pending else [],
        badges=_badges(member, ways),
        about=_about(member),
        conduct=_conduct(member, now),
    )


def history_of(
    member: Member, *, now: datetime, show: str = "", search: str = "", before: str = ""
) -> tuple[list[HistoryLine], str | None]:
    """A page of movements, newest first, and where the next one begins."""
    rule_code = movements.rule_named(search, _language())
    if search and not rule_code:
        return [], None
    found, more = movements.movements_of(
        member,
        now=now,
        language=_language(),
        count=HISTORY_PAGE,
        before=before,
        rule_code=rule_code,
        kinds=SHOWN.get(show),
    )
    return [_line(movement) for movement in found], more


def why(member: Member, event_id: int) -> traces.Trace | None:
    """The trace of one of the member's own events; surprises stay hidden until they pay."""
    if not Event.objects.filter(pk=event_id, member_id=member.pk).exists():
        return None
    return traces.trace_of(event_id, language_code=_language(), shows_hidden=False)


def _line(movement: Movement) -> HistoryLine:
    look = _LOOKS[movement.kind]
    title, why = look.says(movement)
    return HistoryLine(movement, look.kind, look.icon, title, why)


@dataclass(frozen=True, slots=True)
class _Look:
    """How a kind of movement looks, and what it says: (what happened, why)."""

    kind: str
    icon: str
    says: Callable[[Movement], tuple[str, str]]


def _by(movement: Movement) -> str:
    """The app that asked for it; people of the team are not named."""
    return "" if movement.actor.startswith(("operator", CORRECTION)) else movement.actor


def _reversed(movement: Movement) -> tuple[str, str]:
    rule = movement.rule_name
    if movement.main.amount < 0:
        return (_("Taken back: %(rule)s") % {"rule": rule} if rule else _("Taken back")), movement.note
    return (_("Given back: %(rule)s") % {"rule": rule} if rule else _("Given back")), movement.note


def _transferred(movement: Movement) -> tuple[str, str]:
    if movement.actor.startswith(MERGED):
        return _("Brought together"), _("Two memberships are one now")
    title = _("Given to another member") if movement.main.amount < 0 else _("A gift from another member")
    return title, movement.note


def _adjusted(movement: Movement) -> tuple[str, str]:
    if movement.actor.startswith(CORRECTION):
        return _("Set right by the team"), movement.note
    title = _("Added by the team") if movement.main.amount > 0 else _("Taken by the team")
    return title, movement.note


_LOOKS: dict[JournalKind, _Look] = {
    JournalKind.AWARD: _Look("earned", "i-ribbon", lambda m: (m.rule_name or _("Earned"), m.note)),
    JournalKind.DEDUCT: _Look("reversed", "i-undo", lambda m: (m.rule_name, m.note or _("Taken by a rule"))),
    JournalKind.SPEND: _Look("spent", "i-gift", lambda m: (_("Spent"), m.note or _by(m))),
    JournalKind.HOLD: _Look("pending", "i-clock", lambda m: (_("Set aside for you"), m.note or _by(m))),
    JournalKind.CAPTURE: _Look("spent", "i-gift", lambda m: (_("Spent"), m.note or _by(m))),
    JournalKind.VOID: _Look("earned", "i-repeat", lambda m: (_("Set free again"), m.note or _by(m))),
    JournalKind.TRANSFER: _Look("spent", "i-share", _transferred),
    JournalKind.REVERSE: _Look("reversed", "i-undo", _reversed),
    JournalKind.MATURE: _Look("earned", "i-ribbon", lambda m: (m.rule_name or _("Earned"), m.note or _("Unlocked"))),
    JournalKind.LAPSE: _Look("expired", "i-hourglass", lambda m: (m.rule_name or _("Lapsed"), m.note or _("Lapsed"))),
    JournalKind.EXPIRE: _Look("expired", "i-hourglass", lambda m: (_("Expired"), m.note or _("Not used in time"))),
    JournalKind.ADJUST: _Look("adjusted", "i-edit", _adjusted),
    JournalKind.OPENING: _Look("earned", "i-plus", lambda m: (_("Brought along from before"), m.note)),
}


def _expiring(member: Member, spendable: ledger.BalanceLine | None, now: datetime) -> ledger.LotLine | None:
    if spendable is None:
        return None
    for lot in ledger.lots(member.pk):
        if lot.currency == spendable.currency and lot.expires_at is not None and lot.remaining > 0:
            return lot if lot.expires_at <= now + EXPIRING_WITHIN else None
    return None


def _ladder(standing: StandingLine) -> Ladder:
    tiers = standing.tiers
    held = next((i for i, tier in enumerate(tiers) if standing.tier and tier.code == standing.tier.code), -1)
    if held < 0 and tiers[0].threshold <= standing.value:
        # A newcomer stands on the lowest rung before the first event is judged.
        held = 0
    following = tiers[held + 1] if held + 1 < len(tiers) else None
    share = share_of(tiers[held].threshold if held >= 0 else Decimal(0), following, standing.value)
    return Ladder(
        tier_name=_name(tiers[held]) if held >= 0 else "",
        next_name=_name(following) if following is not None else "",
        value=standing.value,
        missing=max(Decimal(0), following.threshold - standing.value) if following is not None else Decimal(0),
        foil=_foil(tiers, held),
        leaves=drawing.wreath(share),
        rungs=[
            Rung(_name(tier), tier.threshold, i < held, i == held, share // 10 * 10 if i == held else 0)
            for i, tier in enumerate(tiers)
        ],
        stays=not standing.can_fall,
        says=tier_words.says(standing, _language()),
        invitation=_invitation(standing),
    )


def _other(standing: StandingLine) -> OtherLadder:
    return OtherLadder(
        name=text_in(standing.names, _language(), standing.ladder),
        tier_name=_name(standing.tier) if standing.tier is not None else "",
        next_name=_name(standing.next_tier) if standing.next_tier is not None else "",
        missing=standing.missing or Decimal(0),
        says=tier_words.says(standing, _language()),
        invitation=_invitation(standing),
    )


def _invitation(standing: StandingLine) -> Invitation | None:
    into = standing.invited_into
    return Invitation(standing.ladder, into.code, _name(into)) if into is not None else None


def _foil(tiers: tuple[TierLine, ...], held: int) -> str:
    """A tier named like a foil has it; other tiers share the foils out, from the lowest to the highest."""
    if held < 0:
        return FOILS[0]
    if tiers[held].code in FOILS:
        return tiers[held].code
    return FOILS[held * (len(FOILS) - 1) // max(1, len(tiers) - 1)]


def _badges(member: Member, ways: list[Way]) -> list[BadgeLine]:
    """Badges held, the newest first, then those within reach."""
    held: dict[str, BadgeLine] = {}
    grants = BadgeGrant.objects.filter(member_id=member.pk).select_related("badge").order_by("granted_at", "id")
    for grant in grants:
        code = grant.badge.code
        times = held[code].times + 1 if code in held else 1
        name = text_in(grant.badge.names, _language(), code)
        held[code] = BadgeLine(name, drawing.glyph(code), grant.granted_at, times=times)
    within_reach = [
        BadgeLine(
            pay.name,
            drawing.glyph(pay.badge),
            None,
            reached=min(way.goal.reached, way.goal.wanted) if way.goal else 0,
            wanted=way.goal.wanted if way.goal else 0,
            share=way.goal.share if way.goal else 0,
        )
        for way in ways
        for pay in way.pays
        if pay.badge and pay.badge not in held
    ]
    newest = sorted(held.values(), key=lambda line: line.granted_at or member.joined_at, reverse=True)
    return (newest + within_reach)[:BADGES_SHOWN_MAX]


def _conduct(member: Member, now: datetime) -> ConductPart:
    found, rules = conduct_of(member, now), rules_to_accept(member)
    return ConductPart(
        status="" if member.status == MemberStatus.ACTIVE else member.get_status_display(),
        is_banned=member.status == MemberStatus.BANNED,
        conduct=found,
        held=[
            HeldLine(
                id=each.pk,
                name=text_in(each.kind.names, _language(), each.kind.code),
                consequence=each.get_consequence_display(),
                state=each.get_state_display(),
                recorded_at=each.recorded_at,
                reason=each.reason,
                note=each.note,
                may_appeal=may_appeal(each, now),
            )
            for each in found.violations
        ],
        rules=rules,
        advocated=text_in(rules.advocated, _language()) if rules is not None else "",
        forbidden=text_in(rules.forbidden, _language()) if rules is not None else "",
    )


def _about(member: Member) -> list[AboutLine]:
    """The attributes that members see of themselves; no query where there are none."""
    if not member.attributes:
        return []
    return [
        AboutLine(text_in(each.names, _language(), each.code), value_words(member.attributes[each.code]))
        for each in definitions().values()
        if each.shown_to == ShownTo.MEMBER and each.code in member.attributes
    ]


def _name(tier: TierLine) -> str:
    return text_in(tier.names, _language(), tier.code)


def _initials(name: str) -> str:
    words = name.split()
    if not words:
        return "?"
    if not words[0].isascii():
        return words[0][:2]
    return "".join(word[0] for word in words[:2] if word.isascii() or len(words) == 1).upper()


def _language() -> str:
    return get_language() or "en"
