"""Why not, as a code that never changes and a sentence in the language of whoever asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils import dateformat
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from incentives.domain.ledger.queries import major
from incentives.domain.privileges.definitions import Definition, Ground
from incentives.domain.wording import plain
from incentives.enums import PrivilegeKind
from members.domain.texts import text_in
from members.models import Freeze, Member


@dataclass(frozen=True, slots=True)
class WhyNot:
    code: str
    sentence: str


QUOTA_USED, ALL_BOUGHT, ALL_TAKEN = "quota_used", "all_bought", "all_taken"
OPENS_AGAIN = frozenset({QUOTA_USED, ALL_BOUGHT, ALL_TAKEN})


def switched_off() -> WhyNot:
    return WhyNot("switched_off", _("This privilege is not offered at the moment."))


def not_active(member: Member) -> WhyNot:
    return WhyNot("not_active", _("Not while the membership is %(status)s.") % {"status": member.get_status_display()})


def frozen(freeze: Freeze, member: Member) -> WhyNot:
    kind = freeze.violation.kind
    said = {"date": day_words(member.local(freeze.ends_at)), "reason": _in(kind.names, kind.code)}
    return WhyNot("frozen", _("Privileges are frozen until %(date)s: %(reason)s") % said)


def quota_used(most: int, again: datetime | None) -> WhyNot:
    if again is None:
        return WhyNot(QUOTA_USED, _("All %(most)d are used.") % {"most": most})
    said = {"most": most, "date": day_words(again)}
    return WhyNot(QUOTA_USED, _("All %(most)d are used; again on %(date)s.") % said)


def all_bought() -> WhyNot:
    return WhyNot(ALL_BOUGHT, _("All that can be bought for now are taken."))


def all_taken(places: int) -> WhyNot:
    return WhyNot(ALL_TAKEN, _("All %(places)d places that there are for everybody are taken.") % {"places": places})


def too_few_points(ground: Ground) -> WhyNot:
    said = {"price": price_words(ground.price, ground), "currency": _in(ground.currency_names, ground.currency)}
    return WhyNot("too_few_points", _("It costs %(price)s %(currency)s, which is more than there is.") % said)


def tier_too_low(ground: Ground) -> WhyNot:
    return WhyNot("tier_too_low", tier_too_low_words(_in(ground.tier_names)))


def badge_missing(ground: Ground) -> WhyNot:
    return WhyNot("badge_missing", _("With the badge “%(badge)s”.") % {"badge": _in(ground.badge_names)})


def role_missing(ground: Ground) -> WhyNot:
    return WhyNot("role_missing", _("For whoever is %(role)s.") % {"role": _in(ground.role_names)})


def not_among() -> WhyNot:
    """No name: what a segment is called is the operators' word for people, not theirs."""
    return WhyNot("not_among", _("It is for a circle of members that changes; at the moment it is without you."))


def grant_over(ended: datetime) -> WhyNot:
    return WhyNot("grant_over", _("It ended on %(date)s.") % {"date": day_words(ended)})


def grant_ends(last: datetime) -> WhyNot:
    """It holds now, and no more when it would be used."""
    return WhyNot("grant_over", _("It holds until %(date)s.") % {"date": day_words(last)})


def grant_later(begins: datetime) -> WhyNot:
    return WhyNot("grant_later", _("It holds from %(date)s on.") % {"date": day_words(begins)})


def not_granted(definition: Definition, member: Member) -> WhyNot:
    if definition.kind != PrivilegeKind.BIRTHDAY:
        return WhyNot("not_granted", _("It has not been granted."))
    if member.birthday:
        return WhyNot("not_granted", _("It opens on the birthday."))
    return WhyNot("not_granted", _("It opens on the birthday, which is not known yet."))


def tier_too_low_words(tier: str) -> str:
    return _("From the tier %(tier)s on.") % {"tier": tier}


def day_words(day: datetime) -> str:
    """1 Dec 2026, as whoever asks writes it."""
    return dateformat.format(day, _("j M Y"))


def price_words(price: int, ground: Ground) -> str:
    return plain(Decimal(major(price, ground.scale)))


def _in(names: object, fallback: str = "") -> str:
    return text_in(dict(names) if isinstance(names, dict) else {}, get_language() or "en", fallback)
