"""What is to be said of a tier beside how far the next one is, in the member's language and days."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from config.templatetags.names import amount, short_date
from members.domain.standing import DutyLine, StandingLine, TierLine, Want
from members.domain.texts import text_in


def says(standing: StandingLine, language: str) -> list[str]:
    """Sentences, the most pressing first."""
    return list(_sentences(standing, language))


def _sentences(standing: StandingLine, language: str) -> Iterator[str]:
    def name(tier: TierLine) -> str:
        return text_in(tier.names, language, tier.code)

    held = name(standing.tier) if standing.tier is not None else ""
    if standing.grace_until is not None:
        yield _("%(tier)s stays yours until %(date)s.") % {"tier": held, "date": short_date(standing.grace_until)}
    elif standing.safe_until is not None:
        yield _("%(tier)s is safe until %(date)s.") % {"tier": held, "date": short_date(standing.safe_until)}
    if standing.loan is not None:
        yield _("%(tier)s is lent to you until %(date)s: %(reason)s") % {
            "tier": name(standing.loan.tier), "date": short_date(standing.loan.until), "reason": standing.loan.reason,
        }  # fmt: skip
    yield from _of_duties(standing, held)
    if standing.can_fall:
        yield from _of_demands_held(standing, held)
    for want in standing.demands:
        if not want.is_there and want.is_limit and standing.next_tier is not None:
            yield _limit(want, name(standing.next_tier))
        elif not want.is_there:
            yield _("Still missing: %(what)s.") % {"what": _so_far(want)}
    if standing.needs_invitation and standing.invited_into is None and standing.next_tier is not None:
        yield _("%(tier)s is by invitation only.") % {"tier": name(standing.next_tier)}
    if standing.line is not None:
        yield _("%(tier)s: you are place %(place)d of %(places)d.") % {
            "tier": name(standing.line.tier), "place": standing.line.place, "places": standing.line.places,
        }  # fmt: skip
    ahead = standing.projection
    if ahead is not None and ahead.tier is not None and ahead.tier != standing.tier:
        yield _("If nothing more happens, it will be %(tier)s on %(date)s.") % {
            "tier": name(ahead.tier), "date": short_date(ahead.at),
        }  # fmt: skip


def _of_duties(standing: StandingLine, held: str) -> Iterator[str]:
    if standing.away_until is not None:
        said = _("You are away until %(date)s: nothing is asked of you for these months.")
        yield said % {"date": short_date(standing.away_until)}
        return
    for duty in standing.duties:
        yield _("%(tier)s asks for this each month: %(what)s.") % {"tier": held, "what": _ways(duty)}
    if standing.duties_missed:
        yield _("Last month that was not done; twice in a row is one tier down.")


def _of_demands_held(standing: StandingLine, held: str) -> Iterator[str]:
    """What the held tier asks for and does not have, since it may be lost for it."""
    for want in standing.demands_held:
        if not want.is_there and want.is_limit:
            yield _limit(want, held)
        elif not want.is_there:
            yield _("To stay, %(tier)s asks for this: %(what)s.") % {"tier": held, "what": _so_far(want)}


def _limit(want: Want, tier: str) -> str:
    words = {"tier": tier, "what": want.words, "has": amount(want.has), "needs": amount(want.needs)}
    if not want.needs:
        return _("%(tier)s is for members without %(what)s; you have %(has)s.") % words
    return _("%(tier)s allows at most %(needs)s %(what)s; you have %(has)s.") % words


def _ways(duty: DutyLine) -> str:
    """Such as `quality contents 1 of 2, or sessions given 0 of 1`."""
    return _(", or ").join(_so_far(each) for each in duty.any_of)


def _so_far(want: Want) -> str:
    """Such as `likers 3 of 5`."""
    words = {"what": want.words, "has": amount(want.has), "needs": amount(want.needs)}
    return _("%(what)s %(has)s of %(needs)s") % words
