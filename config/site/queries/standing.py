"""Where a member stands on each ladder, as the page draws it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from config.site import drawing, tier_words
from config.site.queries.words import language_now
from members.domain.standing import StandingLine, TierLine, share_of
from members.domain.texts import text_in

# The card's foils, from the lowest tier to the highest.
FOILS = ("bronze", "silver", "gold", "laurel")


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


def ladder_of(standing: StandingLine) -> Ladder:
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
        says=tier_words.says(standing, language_now()),
        invitation=_invitation(standing),
    )


def other_ladder_of(standing: StandingLine) -> OtherLadder:
    return OtherLadder(
        name=text_in(standing.names, language_now(), standing.ladder),
        tier_name=_name(standing.tier) if standing.tier is not None else "",
        next_name=_name(standing.next_tier) if standing.next_tier is not None else "",
        missing=standing.missing or Decimal(0),
        says=tier_words.says(standing, language_now()),
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


def _name(tier: TierLine) -> str:
    return text_in(tier.names, language_now(), tier.code)
