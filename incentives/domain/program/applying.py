"""Configuration as files: everything that judges, read from a folder of YAML and put in place at once."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from django.db import transaction

from incentives.domain import notice, publishing
from incentives.domain.program.games import put_game
from incentives.domain.program.intentions import put_evidence
from incentives.domain.program.messages import put_message
from incentives.domain.program.parts import BAD, PARTS, Applied, said
from incentives.domain.program.quests import put_quest
from incentives.domain.program.rights import put_privilege
from incentives.domain.program.spaces import put_role, put_space
from incentives.domain.program.words import BadProgram, entries, read_yaml
from incentives.domain.rules.documents import BadDocument, read_document
from incentives.models import Rule, RuleVersion
from members.domain.registry import registry


def apply_program(*, folder: Path, now: datetime, in_force_from: datetime | None = None) -> Applied:
    """Put a folder's configuration in place, all of it or nothing; applying it again changes nothing.

    Files, all optional: currencies, sources, event_types, counters, badges, tables, limits, ladders, segments,
    intentions, spaces, roles, privileges, messages, games (.yaml), and rules/*.yaml and quests/*.yaml with one each. A
    rule or a quest whose document differs from its newest version is published as the next one, from now on, or from
    `in_force_from` where that is given. What operators drafted is left alone. Raises BadProgram.
    """
    if not folder.is_dir():
        raise BadProgram(f"There is no folder {folder}.")
    applied = Applied()
    with transaction.atomic():
        more = {
            "intentions": put_evidence, "spaces": put_space, "roles": put_role, "privileges": put_privilege,
            "messages": put_message, "games": put_game,
        }  # fmt: skip
        for name, put in {**PARTS, **more}.items():
            for code, document in entries(folder / f"{name}.yaml").items():
                try:
                    put(code, document, applied)
                except BAD as error:
                    raise BadProgram(f"{name}.yaml, {code}: {said(error)}") from error
        registry.forget()
        for path in sorted((folder / "rules").glob("*.yaml")):
            _put_rule(path, applied, now=now, in_force_from=in_force_from)
        for path in sorted((folder / "quests").glob("*.yaml")):
            put_quest(path, applied, now=now, open_from=in_force_from)
    return applied


def _put_rule(path: Path, applied: Applied, *, now: datetime, in_force_from: datetime | None) -> None:
    """Publish a rule's file as its next version, unless the version in use says the same.

    A draft is an operator's: it stays as it is, and one with other words stands in the way of a new version.
    """
    document = read_yaml(path)
    try:
        code = read_document(document).code
        rule = Rule.objects.select_for_update().filter(code=code).first()
        versions = {} if rule is None else {each.state: each for each in rule.versions.exclude(state="retired")}
        wanted = publishing.storable(document)
        announced = versions.get("announced")
        newest = announced or next((version for state, version in versions.items() if state != "draft"), None)
        if newest is not None and newest.document == wanted:
            return
        if announced is not None:
            publishing.withdraw(version=announced, now=now)
            applied.changed.append(f"rule {announced} (withdrawn before it took effect)")
            if any(version.document == wanted for state, version in versions.items() if state in ("live", "paused")):
                return
        draft = versions.get("draft")
        if draft is not None and draft.document != wanted:
            raise BadProgram(f"rules/{path.name}: {_IN_THE_WAY.format(draft=draft)}")
        draft = draft or publishing.save_draft(document=document)
        published = publishing.publish_rule(version=draft, now=now, in_force_from=in_force_from)
    except (BadDocument, publishing.CannotPublish) as error:
        raise BadProgram(f"rules/{path.name}: {error}") from error
    applied.changed.append(f"rule {draft}{_when(published, now)}")


def _when(version: RuleVersion, now: datetime) -> str:
    """From when on, and why, where it waits for its days of notice."""
    told = notice.coming([version.rule.code], now=now).get(version.rule.code)
    if version.state != "announced" or told is None:
        return ""
    return f" (from {told.takes_effect_at:%Y-%m-%d %H:%M} UTC on, because members may get less: {' '.join(told.why)})"


_IN_THE_WAY = (
    "{draft} is a draft with other words, and the file would overwrite it. In the admin, whoever may change rule "
    "versions can publish it, and whoever may delete them can delete it; or write its words into the file. "
    "Then apply again."
)
