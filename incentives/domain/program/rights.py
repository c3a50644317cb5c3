"""Puts privileges and their grounds in place. A file that names grounds names all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from incentives.bounds import AMOUNT_MAX
from incentives.domain.privileges.attention import SellsAttention, check_sale
from incentives.domain.program.parts import Applied, put
from incentives.domain.program.words import BadEntry, Kind, anything, names, only, text, whole, yes_or_no
from incentives.domain.rules.findings import near
from incentives.enums import GroundKind
from incentives.models import Badge, Currency, Privilege, PrivilegeGround
from members.models import Role, Segment, Tier

_PRIVILEGE: Mapping[str, Kind] = {
    "names": names, "texts": names, "kind": text, "way": text, "quota": whole(0, 1_000_000), "every": text,
    "promise_hours": whole(1, 8_760), "grant_days": whole(1, 3_660), "asks": yes_or_no, "is_active": yes_or_no,
    "takes_attention": yes_or_no, "places": whole(1, 1_000_000_000), "grounds": anything,
}  # fmt: skip
_GROUND: Mapping[str, Kind] = {
    "everyone": yes_or_no, "tier": text, "badge": text, "segment": text, "role": text, "price": whole(1, AMOUNT_MAX),
    "currency": text, "quota": whole(0, 1_000_000), "bought_max": whole(0, 1_000_000_000),
}  # fmt: skip
_COMPARED = ("kind", "tier_id", "badge_id", "segment_id", "role_id", "currency_id", "price", "quota", "bought_max")
_MARKS = {
    "everyone": GroundKind.EVERYONE,
    "tier": GroundKind.TIER,
    "badge": GroundKind.BADGE,
    "segment": GroundKind.SEGMENT,
    "role": GroundKind.ROLE,
    "price": GroundKind.PURCHASE,
}


def put_privilege(code: str, document: Any, applied: Applied) -> None:
    """Make or change a privilege. Raises BadEntry and ValidationError."""
    values = only(document, _PRIVILEGE)
    grounds = values.pop("grounds", None)
    put(Privilege, code, values, applied)
    privilege = Privilege.objects.get(code=code)
    if grounds is not None:
        _put_grounds(privilege, grounds, applied)
    try:
        check_sale(privilege, privilege.grounds.all())
    except SellsAttention as error:
        raise BadEntry(str(error)) from error


def _put_grounds(privilege: Privilege, documents: Any, applied: Applied) -> None:
    if not isinstance(documents, list):
        raise BadEntry("grounds are a list, such as [{tier: growth/silver}, {badge: well-liked}].")
    wanted = [_ground(privilege, each) for each in documents]
    held = list(privilege.grounds.all())
    if [_told(each) for each in held] == [_told(each) for each in wanted]:
        return
    for each in held:
        each.delete()
    for each in wanted:
        each.save()
    applied.changed.append(f"grounds of {privilege}")


def _told(ground: PrivilegeGround) -> tuple[Any, ...]:
    return tuple(getattr(ground, name) for name in _COMPARED)


def _ground(privilege: Privilege, document: Any) -> PrivilegeGround:
    words = only(document, _GROUND)
    marks = [mark for mark in _MARKS if words.get(mark)]
    if len(marks) != 1:
        raise BadEntry("a ground is one of everyone, tier, badge, segment, role, or price with currency.")
    made = PrivilegeGround(
        privilege=privilege, kind=_MARKS[marks[0]], quota=words.get("quota"), price=words.get("price"),
        bought_max=words.get("bought_max"),
    )  # fmt: skip
    if "tier" in words:
        made.tier = _tier(words["tier"])
    if "badge" in words:
        made.badge = _named(Badge, words["badge"], "badge")
    if "segment" in words:
        made.segment = _named(Segment, words["segment"], "segment")
    if "role" in words:
        made.role = _named(Role, words["role"], "role")
    if "price" in words or "currency" in words:
        made.currency = _named(Currency, words.get("currency", ""), "currency")
    return made


def _tier(path: str) -> Tier:
    """A tier by ladder/tier."""
    ladder, _, code = path.partition("/")
    found = Tier.objects.in_use().filter(ladder__code=ladder, code=code).first()
    if found is None:
        known = [str(tier) for tier in Tier.objects.in_use().select_related("ladder")]
        raise BadEntry(f"there is no tier {path!r}; write it as ladder/tier. {near(path, known)}")
    return found


def _named(model: type[Any], code: str, word: str) -> Any:
    found = model.objects.filter(code=code).first()
    if found is None:
        raise BadEntry(f"there is no {word} {code!r}. {near(code, model.objects.values_list('code', flat=True))}")
    return found
