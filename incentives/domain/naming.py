"""Words for messages that only the incentives app knows: what an event earned, and names instead of codes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from incentives.domain import support
from incentives.domain.engine import rulebook
from incentives.models import Badge, Currency, Journal, Privilege
from members.domain.notifications.words import Happened, day_of, number
from members.domain.outcomes import POINTS_AWARDED, POINTS_DEDUCTED
from members.domain.texts import text_in

# What a rule did stands in the books, by the event that it answered to.
BY_RULE = (POINTS_AWARDED, POINTS_DEDUCTED)
_MODELS: dict[str, Any] = {"currency": Currency, "badge": Badge, "privilege": Privilege}


class Naming:
    """Names of currencies, badges and privileges; `points` and `rule` of what rules paid or took."""

    def names(self, type_code: str, fields: Iterable[str]) -> Iterable[str]:
        return ("points", "rule") if type_code in BY_RULE else ()

    def values(self, events: Sequence[Happened], language: str) -> dict[int, dict[str, str]]:
        found: dict[int, dict[str, str]] = {}
        names = {word: dict(model.objects.values_list("code", "names")) for word, model in _MODELS.items()}
        for each in events:
            said = {}
            for word, known in names.items():
                code = each.data.get(word)
                if isinstance(code, str) and code in known:
                    said[word] = text_in(known[code], language, code)
            amount = each.data.get("amount")
            if "currency" in said and isinstance(amount, Decimal):
                said["amount"] = number(abs(amount))
            if isinstance(on := each.data.get("on"), datetime):
                # Points end by the programme's calendar.
                said["on"] = day_of(on, timezone.get_default_timezone())
            if said:
                found[each.id] = said
        for event_id, said in self._by_rule(events, language).items():
            found.setdefault(event_id, {}).update(said)
        return found

    def _by_rule(self, events: Sequence[Happened], language: str) -> dict[int, dict[str, str]]:
        causes = {each.id: each.cause_id for each in events if each.type in BY_RULE and each.cause_id is not None}
        if not causes:
            return {}
        moved = support.moved_by(sorted(set(causes.values())), language)
        book = rulebook.current()
        rules: dict[int, dict[str, None]] = {}
        journals = Journal.objects.filter(event_id__in=set(causes.values()), reverses_id__isnull=True).order_by("pk")
        for event_id, code, version in journals.values_list("event_id", "rule_code", "rule_version"):
            known = book.versions.get((code, version or 0))
            name = text_in(known[0].document.name, language, code) if known is not None else code
            rules.setdefault(event_id or 0, {})[name] = None
        return {
            event_id: {"points": ", ".join(moved.get(cause, [])), "rule": ", ".join(rules.get(cause, {}))}
            for event_id, cause in causes.items()
        }


NAMING = Naming()
