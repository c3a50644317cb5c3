"""The life of a rule: draft, live, paused, retired. What was published never changes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from incentives.domain.catalogues import load_known
from incentives.domain.revisions import revise
from incentives.domain.rules.checking import Report, check_rule
from incentives.domain.rules.circles import circle_of
from incentives.domain.rules.documents import BadDocument, Document, Finding, read_document
from incentives.domain.rules.drafting import check_draft
from incentives.enums import RuleState
from incentives.models import Rule, RuleInterval, RuleVersion


class CannotPublish(Exception):
    """A rule that may not take this step; `findings` says what is wrong with its document, if that is why."""

    def __init__(self, sentence: str, findings: tuple[Finding, ...] = ()) -> None:
        super().__init__(sentence)
        self.findings = findings


def check_document(raw: object) -> Report:
    """Check a raw document against the catalogue of today; what cannot be read becomes findings."""
    try:
        document = read_document(raw)
    except BadDocument as error:
        return Report(tuple(error.findings), None)
    report = check_rule(document, load_known().catalogue)
    refused = tuple(check_draft(document))
    if refused or report.rule is None:
        return Report((*refused, *report.findings), None)
    circle = circle_of(report.rule, _in_use(besides=document.code))
    return Report((*report.findings, circle), None) if circle is not None else report


def _in_use(*, besides: str) -> list[Document]:
    """What the other rules that are live or paused say."""
    found = RuleVersion.objects.filter(state__in=["live", "paused"]).exclude(rule__code=besides)
    documents = []
    for raw in found.values_list("document", flat=True):
        try:
            documents.append(read_document(raw))
        except BadDocument:
            continue  # It is broken and judges nothing; whoever looks after it is told elsewhere.
    return documents


def save_draft(*, document: dict[str, Any], by: AbstractBaseUser | None = None) -> RuleVersion:
    """Keep a document as the draft of its rule, replacing an earlier draft.

    The document must be readable; it may still fail its check, which only publishing insists on. Raises BadDocument.
    """
    read = read_document(document)
    with transaction.atomic():
        rule, _ = Rule.objects.select_for_update().get_or_create(code=read.code)
        draft = rule.versions.filter(state=RuleState.DRAFT).first()
        if draft is None:
            newest = rule.versions.order_by("-number").first()
            draft = RuleVersion(rule=rule, number=newest.number + 1 if newest else 1)
        draft.document, draft.event_type = storable(document), read.when
        draft.created_by_id = by.pk if by is not None else None
        draft.save()
    return draft


def publish_rule(
    *, version: RuleVersion, now: datetime, by: AbstractBaseUser | None = None, in_force_from: datetime | None = None
) -> RuleVersion:
    """Make a draft live from now on, in the place of the version before it.

    `in_force_from` backdates it explicitly, for imports and tests: events that happened since then and are judged
    from now on meet it; nothing is judged again. Raises CannotPublish.
    """
    report = check_document(version.document)
    if report.rule is None:
        words = " ".join(f"{finding.pointer}: {finding}" for finding in report.errors)
        raise CannotPublish(f"{version} has mistakes: {words}", report.errors)
    with transaction.atomic():
        Rule.objects.select_for_update().get(pk=version.rule_id)
        version.refresh_from_db()
        if version.state != RuleState.DRAFT:
            raise CannotPublish(f"{version} is {version.get_state_display()}; only a draft can be published.")
        begins = in_force_from or now
        if begins > now:
            raise CannotPublish("in_force_from lies in the future; use the rule's schedule for that.")
        _make_room(version.rule, begins)
        for other in RuleVersion.objects.filter(rule_id=version.rule_id, state__in=["live", "paused"]):
            other.state = RuleState.RETIRED
            other.save(update_fields=["state"])
        version.state, version.published_at = RuleState.LIVE, now
        version.published_by_id = by.pk if by is not None else None
        version.save(update_fields=["state", "published_at", "published_by"])
        RuleInterval.objects.create(version=version, in_force_from=begins)
        revise(f"published {version}")
    return version


def pause_rule(*, version: RuleVersion, now: datetime) -> RuleVersion:
    """Let a live version rest: what happens from now on does not meet it."""
    return _step(version, RuleState.LIVE, RuleState.PAUSED, now=now)


def resume_rule(*, version: RuleVersion, now: datetime) -> RuleVersion:
    """Let a paused version pay again, for what happens from now on."""
    return _step(version, RuleState.PAUSED, RuleState.LIVE, now=now)


def retire_rule(*, version: RuleVersion, now: datetime) -> RuleVersion:
    """End a version for good."""
    if version.state == RuleState.PAUSED:
        return _step(version, RuleState.PAUSED, RuleState.RETIRED, now=now)
    return _step(version, RuleState.LIVE, RuleState.RETIRED, now=now)


def _step(version: RuleVersion, before: RuleState, after: RuleState, *, now: datetime) -> RuleVersion:
    with transaction.atomic():
        Rule.objects.select_for_update().get(pk=version.rule_id)
        version.refresh_from_db()
        if version.state != before:
            raise CannotPublish(f"{version} is {version.get_state_display()}, not {before.label}.")
        if after == RuleState.LIVE:
            RuleInterval.objects.create(version=version, in_force_from=now)
        else:
            _close(version, now)
        version.state = after
        version.save(update_fields=["state"])
        revise(f"{after} {version}")
    return version


def _make_room(rule: Rule, begins: datetime) -> None:
    """End every other version at the moment the new one begins, so that two are never in force at once."""
    for interval in RuleInterval.objects.filter(version__rule=rule):
        if interval.in_force_until is None or interval.in_force_until > begins:
            interval.in_force_until = max(begins, interval.in_force_from)
            interval.save(update_fields=["in_force_until"])


def _close(version: RuleVersion, moment: datetime) -> None:
    for interval in version.intervals.filter(in_force_until__isnull=True):
        interval.in_force_until = max(moment, interval.in_force_from)
        interval.save(update_fields=["in_force_until"])


def storable(value: Any) -> Any:
    """JSON has no dates and no exact decimals of its own: they become text, which reads back the same."""
    if isinstance(value, dict):
        return {str(key): storable(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [storable(each) for each in value]
    if isinstance(value, date):  # A datetime is one as well.
        return value.isoformat()
    return value if value is None or isinstance(value, (str, int)) else str(value)
