"""What a rule's writer hears: findings in the text, what the rule says in words, and what it can cost."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from incentives.domain import publishing, wording
from incentives.domain.rules import written
from incentives.domain.rules.checking import CheckedRule, tree_of
from incentives.domain.rules.documents import GRANTS, Deduct, GrantBadge, GrantPrivilege, Limit
from incentives.domain.rules.written import NotReadable, Placed
from members.models import EventType


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the checker thinks of a text. `reads` is the rule in words, a part a line; empty while it does not hold."""

    findings: list[Placed]
    reads: list[tuple[str, str]] = field(default_factory=list)
    costs: list[str] = field(default_factory=list)

    @property
    def errors(self) -> int:
        return sum(1 for finding in self.findings if finding.is_error)


def opinion_of(text: str) -> Opinion:
    """Check a rule's YAML as it stands; whatever is written, there is an answer."""
    try:
        document = written.read_text(text)
    except NotReadable as error:
        return Opinion([Placed(str(error), "", is_error=True, line=error.line, column=error.column)])
    report = publishing.check_document(document)
    findings = written.place_findings(text, report.findings)
    if report.rule is None:
        return Opinion(findings)
    return Opinion(findings, _reads(report.rule), _costs(report.rule))


def _reads(rule: CheckedRule) -> list[tuple[str, str]]:
    meaning = EventType.objects.filter(code=rule.document.when).values_list("meaning", flat=True).first()
    lines = [(_("When"), (meaning or "").rstrip(".") or rule.document.when)]
    condition = tree_of(rule.condition)
    if condition is not None:
        lines.append((_("If"), wording.in_words(condition)))
    lines.append((_("Then"), "; ".join(_effects(rule))))
    limits = [_limit(limit) for limit in rule.limits]
    if limits:
        lines.append((_("Limits"), "; ".join(limits)))
    return lines


def _effects(rule: CheckedRule) -> list[str]:
    said = []
    for each in rule.effects:
        effect = each.effect
        if isinstance(effect, GrantBadge):
            said.append(_("give the badge %(badge)s") % {"badge": effect.badge})
            continue
        if isinstance(effect, GrantPrivilege):
            said.append(_grant(effect))
            continue
        amount = wording.in_words(each.amount.tree) if each.amount is not None else ""
        words = _("take %(amount)s %(currency)s") if isinstance(effect, Deduct) else _("pay %(amount)s %(currency)s")
        said.append(words % {"amount": amount, "currency": effect.currency})
    return said


def _grant(effect: GrantPrivilege) -> str:
    named = {"privilege": effect.privilege}
    if effect.days is not None:
        said = ngettext(
            "give the privilege %(privilege)s for %(days)d whole day",
            "give the privilege %(privilege)s for %(days)d whole days",
            effect.days,
        )
        return said % {**named, "days": effect.days}
    if effect.like is not None:
        return _("give the privilege %(privilege)s as long as %(like)s") % {**named, "like": effect.like}
    if effect.for_ is None:
        return _("give the privilege %(privilege)s") % {"privilege": effect.privilege}
    return _("give the privilege %(privilege)s for %(time)s") % {"privilege": effect.privilege, "time": effect.for_}


def _limit(limit: Limit) -> str:
    if limit.times is not None:
        most = wording.times_words(limit.times)
    else:
        most = f"{wording.plain(limit.amount or Decimal(0))} {limit.currency or ''}".strip()
    return wording.limit_words(most, limit.every, is_shared=limit.per in ("rule", "programme"))


def _costs(rule: CheckedRule) -> list[str]:
    return [
        _("One event moves at most %(most)s %(currency)s.")
        % {"most": wording.plain(each.most()), "currency": each.effect.currency}
        for each in rule.effects
        if not isinstance(each.effect, GRANTS)
    ]
