"""Words for messages that only the incentives app knows: what an event earned, and names instead of codes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from incentives.domain import support
from incentives.domain.engine import rulebook
from incentives.models import Badge, Campaign, Currency, Journal, Privilege
from members.domain.notifications.words import Happened, day_of, number
from members.domain.outcomes import CAMPAIGN_STOPPED, POINTS_AWARDED, POINTS_DEDUCTED, RULE_CHANGING
from members.domain.texts import text_in

# What a rule did stands in the books, by the event that it answered to.
BY_RULE = (POINTS_AWARDED, POINTS_DEDUCTED)
_MODELS: dict[str, Any] = {"currency": Currency, "badge": Badge, "privilege": Privilege}


class Naming:
    """Names of currencies, badges and privileges; `points` and `rule` of what rules paid or took."""

    def names(self, type_code: str, fields: Iterable[str]) -> Iterable[str]:
        if type_code == CAMPAIGN_STOPPED:
            return ("keeps",)
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
            if each.type == RULE_CHANGING:
                said["rule"] = self._rule(str(each.data.get("rule", "")), language)
            amount = each.data.get("amount")
            if "currency" in said and isinstance(amount, Decimal):
                said["amount"] = number(abs(amount))
            if each.type == CAMPAIGN_STOPPED:
                said |= self._stopped(each, said, language)
            if isinstance(on := each.data.get("on"), datetime):
                # Points end by the programme's calendar.
                said["on"] = day_of(on, timezone.get_default_timezone())
            if said:
                found[each.id] = said
        for event_id, said in self._by_rule(events, language).items():
            found.setdefault(event_id, {}).update(said)
        return found

    def _stopped(self, each: Happened, said: dict[str, str], language: str) -> dict[str, str]:
        """The campaign's name, and what the member keeps of it, in sentences."""
        campaign = Campaign.objects.filter(code=each.data.get("campaign", "")).values_list("names", flat=True).first()
        keeps = []
        if each.data.get("waiting"):
            words = {"amount": said.get("amount", ""), "currency": said.get("currency", "")}
            keeps.append(_("%(amount)s %(currency)s wait for you and unlock or lapse as promised.") % words)
        if isinstance(until := each.data.get("until"), datetime):
            day = day_of(until, each.zone)
            keeps.append(
                _("What you have begun you may finish until %(date)s, and it is paid as promised.") % {"date": day}
            )
        if each.data.get("guests"):
            keeps.append(_("Whom you brought stays welcome; what they reach from now on is not paid any more."))
        if each.data.get("guest"):
            keeps.append(_("You are welcome here as before; further steps of it are not paid any more."))
        code = str(each.data.get("campaign", ""))
        return {"campaign": text_in(campaign, language, code), "keeps": " ".join(keeps)}

    def _rule(self, code: str, language: str) -> str:
        """The name of a rule as it is in force, or was."""
        known = rulebook.current().versions
        newest = max((number for name, number in known if name == code), default=0)
        return text_in(known[code, newest][0].document.name, language, code) if newest else code

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
