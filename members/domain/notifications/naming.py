"""What the members app calls things: tiers, ladders and violations by their names instead of their codes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from members.domain.notifications.words import Happened
from members.domain.outcomes import CONDUCT_OVERTURNED, CONDUCT_UPHELD, CONDUCT_VIOLATION, TIER_CHANGED, TIER_WARNED
from members.domain.texts import text_in
from members.enums import Consequence, MemberStatus
from members.models import Ladder, Tier, ViolationKind

LADDERS, CONDUCT = (TIER_CHANGED, TIER_WARNED), (CONDUCT_VIOLATION, CONDUCT_UPHELD, CONDUCT_OVERTURNED)


class Naming:
    """Names for what events only give codes of."""

    def names(self, type_code: str, fields: Iterable[str]) -> Iterable[str]:
        """Nothing beyond the data themselves."""
        return ()

    def values(self, events: Sequence[Happened], language: str) -> dict[int, dict[str, str]]:
        found: dict[int, dict[str, str]] = {}
        ladders = {code: (pk, names) for pk, code, names in Ladder.objects.values_list("pk", "code", "names")}
        tiers = {(ladder_id, code): names for ladder_id, code, names in Tier.objects.values_list(
            "ladder_id", "code", "names"
        )}  # fmt: skip
        kinds = dict(ViolationKind.objects.values_list("code", "names"))
        for each in events:
            said: dict[str, str] = {}
            if each.type in LADDERS:
                code = str(each.data.get("ladder", ""))
                pk, names = ladders.get(code, (0, {}))
                said["ladder"] = text_in(names, language, code)
                for field in ("from_tier", "to_tier"):
                    said[field] = _tier(each.data.get(field), pk, tiers, language)
            elif each.type in CONDUCT:
                code = str(each.data.get("kind", ""))
                said["kind"] = text_in(kinds.get(code), language, code)
                if each.data.get("consequence") in Consequence.values:
                    said["consequence"] = str(Consequence(each.data["consequence"]).label)
            for field in ("from_status", "to_status"):
                if each.data.get(field) in MemberStatus.values:
                    said[field] = str(MemberStatus(each.data[field]).label)
            if said:
                found[each.id] = said
        return found


def _tier(code: Any, ladder_id: int, tiers: Mapping[tuple[int, str], Any], language: str) -> str:
    return text_in(tiers.get((ladder_id, code)), language, str(code)) if code else _("no tier")


NAMING = Naming()
