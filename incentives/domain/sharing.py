"""Changes what rules share, a limit or a table: for more at once, for less after notice to whoever relies on a rule.

A limit or table holds its newest words. Where they wait, it also holds those of before, which judging reads until the
day; so nothing has to happen on the day itself.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from incentives.domain import notice
from incentives.domain.catalogues import Known, load_known
from incentives.domain.lessening import lessened
from incentives.domain.notice import WithoutNotice
from incentives.domain.quests import loading as quests
from incentives.domain.rules.catalogue import Catalogue
from incentives.domain.rules.documents import read_limit
from incentives.domain.rules.tables import read_table
from incentives.enums import NoticeOf, RuleState
from incentives.models import LookupTable, QuestVersion, RuleNotice, RuleVersion, SharedLimit

IN_USE = (RuleState.LIVE, RuleState.PAUSED, RuleState.ANNOUNCED)

Thing = SharedLimit | LookupTable


class BreaksRule(Exception):
    """Words under which a rule or quest that members rely on would hold no more; the message names it."""


@dataclass(frozen=True, slots=True)
class Announced:
    """From when on other words hold, and what members may get less of, a sentence each."""

    takes_effect_at: datetime
    why: tuple[str, ...]


def put_shared(
    *,
    thing: Thing,
    words: Any,
    now: datetime,
    by: AbstractBaseUser | None = None,
    without_notice: WithoutNotice | None = None,
) -> Announced | None:
    """Save a limit or table with these words, which were checked, and say from when on they hold, if not at once.

    Where a rule may pay less by them, the former ones hold for the days of notice, and each such rule is announced;
    `without_notice` says why not, and is kept. Whatever was announced of it before is withdrawn. Saving what it says
    already changes nothing. Raises BreaksRule.
    """
    with transaction.atomic():
        held = type(thing)._default_manager.select_for_update().filter(pk=thing.pk).first()  # noqa: SLF001
        is_other = held is None or held.words != words or without_notice is not None
        found = lessens(thing=held, words=words, now=now) if held is not None and is_other else {}
        waits = bool(found) and without_notice is None
        if held is not None:
            thing.before, thing.until = held.before, held.until
        if held is not None and is_other:
            thing.before, thing.until = (held.words_at(now), now + notice.length()) if waits else (None, None)
            _withdraw(thing, now)
        thing.words = words
        thing.save()
        for version, why in found.items():
            notice.write_down(
                version, of=NoticeOf.SHARED, why=why, now=now, takes_effect_at=thing.until or now,
                skipped=without_notice, by=by, shared=_name(thing),
            )  # fmt: skip
    if not waits or thing.until is None:
        return None
    return Announced(thing.until, tuple(dict.fromkeys(said for why in found.values() for said in why)))


def lessens(*, thing: Thing, words: Any, now: datetime) -> dict[RuleVersion, list[str]]:
    """What members may get less of by other words, by the rule in force; empty for nothing. Raises BreaksRule."""
    known = load_known()
    _keep_quests(known, thing, words, now)
    in_force = known.at(now)
    after, policies = _with(in_force, thing, words), notice.policies()
    found: dict[RuleVersion, list[str]] = {}
    for version in RuleVersion.objects.filter(state=RuleState.LIVE).select_related("rule"):
        for relied_on in notice.relied_on(version.rule, now) if _names(version, thing) else []:
            before, then = (notice.checked(relied_on, each) for each in (in_force, after))
            if before is not None and then is None:
                raise BreaksRule(
                    _("%(rule)s would not hold any more; publish a version without it first.") % {"rule": version}
                )
            if before is not None and then is not None:
                found.setdefault(version, []).extend(lessened(before, then, policies=policies, now=now))
    return {version: list(dict.fromkeys(why)) for version, why in found.items() if why}


def is_in_use(thing: Thing, *, now: datetime) -> bool:
    """Whether a rule that is in force, rests or is announced may name it, or a quest that somebody is on."""
    rules, on_them = RuleVersion.objects.filter(state__in=IN_USE), quests.followed(now=now)
    return any(_names(each, thing) for each in rules) or any(_names(each, thing) for each in on_them)


def _keep_quests(known: Known, thing: Thing, words: Any, now: datetime) -> None:
    """See to it that whoever is on a quest can go on. Raises BreaksRule."""
    naming = [version for version in quests.followed(now=now) if _names(version, thing)]
    for version in naming:
        after = replace(known, catalogue=_with(known.catalogue, thing, words))
        before, then = (quests.check(version.document, each).quest for each in (known, after))
        if before is not None and then is None:
            raise BreaksRule(
                _("The quest %(quest)s would not hold any more; end it first, or start a version without it.")
                % {"quest": version}
            )


def _names(version: RuleVersion | QuestVersion, thing: Thing) -> bool:
    """Whether the words may name it; a code that stands there for something else counts, which does no harm."""
    return thing.code in json.dumps(version.document)


def _with(catalogue: Catalogue, thing: Thing, words: Any) -> Catalogue:
    if isinstance(thing, SharedLimit):
        return replace(catalogue, limits={**catalogue.limits, thing.code: read_limit(words, thing.code)})
    return replace(catalogue, tables={**catalogue.tables, thing.code: read_table(words)})


def _withdraw(thing: Thing, now: datetime) -> None:
    RuleNotice.objects.coming(now).filter(shared=_name(thing)).update(withdrawn_at=now)


def _name(thing: Thing) -> str:
    return f"{'limit' if isinstance(thing, SharedLimit) else 'table'} {thing.code}"
