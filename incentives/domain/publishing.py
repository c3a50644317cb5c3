"""The life of a rule: draft, announced, live, paused, retired. What was published never changes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from incentives.domain import notice
from incentives.domain.catalogues import load_known
from incentives.domain.notice import WithoutNotice
from incentives.domain.revisions import revise
from incentives.domain.rules.checking import Report, check_rule
from incentives.domain.rules.circles import circle_of
from incentives.domain.rules.documents import BadDocument, Document, Finding, read_document
from incentives.domain.rules.drafting import check_draft
from incentives.enums import NoticeOf, RuleState
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
    found = RuleVersion.objects.filter(state__in=["live", "paused", "announced"]).exclude(rule__code=besides)
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
    *,
    version: RuleVersion,
    now: datetime,
    by: AbstractBaseUser | None = None,
    in_force_from: datetime | None = None,
    without_notice: WithoutNotice | None = None,
) -> RuleVersion:
    """Make a draft live from now on, in the place of the version before it.

    Where a public rule may pay less by it, it is announced instead: the version before stays in force for the days of
    notice. `without_notice` says why not; it is kept.

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
        _refuse_beside_another(version)
        why = notice.lessened_by(version, now)
        is_announced = bool(why) and without_notice is None
        if is_announced and version.rule.notices.coming(now).of_itself().exists():
            raise CannotPublish(_("A change of this rule is announced already; withdraw it first."))
        if is_announced and in_force_from is not None:
            raise CannotPublish(f"It may pay less, so it cannot be backdated. {' '.join(why)}")
        begins = now + notice.length() if is_announced else begins
        if why:
            notice.write_down(
                version, of=NoticeOf.NEXT, why=why, now=now, takes_effect_at=begins, skipped=without_notice, by=by
            )
        _make_room(version.rule, begins)
        if not is_announced:
            _retire_others(version, now)
        version.state = RuleState.ANNOUNCED if is_announced else RuleState.LIVE
        version.published_at, version.journals_before = now, notice.newest_journal()
        version.published_by_id = by.pk if by is not None else None
        version.save(update_fields=["state", "published_at", "published_by", "journals_before"])
        RuleInterval.objects.create(version=version, in_force_from=begins)
        revise(f"published {version}")
    return version


def withdraw(*, version: RuleVersion, now: datetime) -> RuleVersion:
    """Take an announcement back: of a next version, or that a live one ends. What is in force stays so.

    Raises CannotPublish.
    """
    with transaction.atomic():
        Rule.objects.select_for_update().get(pk=version.rule_id)
        version.refresh_from_db()
        found = version.rule.notices.coming(now).of_itself().select_for_update().filter(version=version)
        if version.state not in (RuleState.ANNOUNCED, RuleState.LIVE) or not found.exists():
            raise CannotPublish(f"Nothing is announced of {version} that could be withdrawn.")
        moments = list(found.values_list("takes_effect_at", flat=True))
        found.update(withdrawn_at=now)
        if version.state == RuleState.ANNOUNCED:
            for interval in version.intervals.all():
                interval.in_force_until = interval.in_force_from
                interval.save(update_fields=["in_force_until"])
            version.state = RuleState.RETIRED
            version.save(update_fields=["state"])
        live = RuleInterval.objects.filter(version__rule_id=version.rule_id, version__state=RuleState.LIVE)
        live.filter(in_force_until__in=moments).update(in_force_until=None)
        revise(f"withdrawn {version}")
    return version


def pause_rule(
    *, version: RuleVersion, now: datetime, by: AbstractBaseUser | None = None,
    without_notice: WithoutNotice | None = None,
) -> RuleVersion:  # fmt: skip
    """Let a live version rest: what happens from now on does not meet it. A public one rests in an emergency only."""
    return _step(version, RuleState.LIVE, RuleState.PAUSED, now=now, by=by, without_notice=without_notice)


def resume_rule(*, version: RuleVersion, now: datetime) -> RuleVersion:
    """Let a paused version pay again, for what happens from now on."""
    return _step(version, RuleState.PAUSED, RuleState.LIVE, now=now)


def retire_rule(
    *, version: RuleVersion, now: datetime, by: AbstractBaseUser | None = None,
    without_notice: WithoutNotice | None = None,
) -> RuleVersion:  # fmt: skip
    """End a version for good: a public one, which members rely on, after the days of notice."""
    if version.state == RuleState.PAUSED:
        return _step(version, RuleState.PAUSED, RuleState.RETIRED, now=now)
    return _step(version, RuleState.LIVE, RuleState.RETIRED, now=now, by=by, without_notice=without_notice)


def end_with_its_campaign(*, version: RuleVersion, now: datetime) -> RuleVersion:
    """End a version at once, because the campaign that it is part of has ended or was stopped as a whole."""
    assert hasattr(version.rule, "campaign_rule"), "only a campaign's rules end with it"
    before = RuleState(version.state)
    return _step(version, before, RuleState.RETIRED, now=now, is_promised=True)


def _step(
    version: RuleVersion,
    before: RuleState,
    after: RuleState,
    *,
    now: datetime,
    by: AbstractBaseUser | None = None,
    without_notice: WithoutNotice | None = None,
    is_promised: bool = False,
) -> RuleVersion:
    with transaction.atomic():
        rule = Rule.objects.select_for_update().get(pk=version.rule_id)
        version.refresh_from_db()
        if version.state != before:
            raise CannotPublish(f"{version} is {version.get_state_display()}, not {before.label}.")
        ends = now
        if after == RuleState.RETIRED and not is_promised:
            _refuse_beside_another(version)
        if before == RuleState.LIVE and not is_promised and notice.relied_on(rule, now):
            ends = _ends_at(version, after, now=now, by=by, without_notice=without_notice)
        if after == RuleState.LIVE:
            RuleInterval.objects.create(version=version, in_force_from=now, in_force_until=_next_begins(rule, now))
        else:
            _close(version, ends)
        if ends <= now:
            version.state = after
            version.save(update_fields=["state"])
        revise(f"{after} {version}")
    return version


def _ends_at(
    version: RuleVersion,
    after: RuleState,
    *,
    now: datetime,
    by: AbstractBaseUser | None,
    without_notice: WithoutNotice | None,
) -> datetime:
    """When a public version that members rely on ends; the notice is written down. Raises CannotPublish."""
    of = NoticeOf.PAUSE if after == RuleState.PAUSED else NoticeOf.END
    if without_notice is None and of == NoticeOf.PAUSE:
        raise CannotPublish(
            _(
                "Members rely on this rule. Without notice it rests only for fraud or a mistake, with a written "
                "reason; otherwise retire it, which takes %(days)d days."
            )
            % {"days": notice.length().days}
        )
    if without_notice is None and version.rule.notices.coming(now).of_itself().exists():
        raise CannotPublish(_("A change of this rule is announced already; withdraw it first."))
    ends = now + notice.length() if without_notice is None else now
    if without_notice is not None:
        version.rule.notices.coming(now).filter(of=NoticeOf.END).update(withdrawn_at=now)
    why = [_("It pays nothing any more.") if of == NoticeOf.END else _("It pays nothing while it rests.")]
    notice.write_down(version, of=of, why=why, now=now, takes_effect_at=ends, skipped=without_notice, by=by)
    return ends


def _refuse_beside_another(version: RuleVersion) -> None:
    """One announcement at a time: what members were told would happen is not overtaken by something else."""
    announced = RuleVersion.objects.filter(rule_id=version.rule_id, state=RuleState.ANNOUNCED).first()
    if announced is not None:
        raise CannotPublish(_("%(version)s is announced already; withdraw it first.") % {"version": announced})


def _retire_others(version: RuleVersion, now: datetime) -> None:
    for other in RuleVersion.objects.filter(rule_id=version.rule_id, state__in=["live", "paused"]):
        other.state = RuleState.RETIRED
        other.save(update_fields=["state"])
    # Whatever was announced of them has been overtaken by what pays no less, or by an emergency.
    version.rule.notices.coming(now).of_itself().exclude(version=version).update(withdrawn_at=now)


def _next_begins(rule: Rule, now: datetime) -> datetime | None:
    """When a version that was announced takes over; None where there is none."""
    coming = RuleInterval.objects.filter(version__rule=rule, version__state=RuleState.ANNOUNCED, in_force_from__gt=now)
    return coming.values_list("in_force_from", flat=True).first()


def _make_room(rule: Rule, begins: datetime) -> None:
    """End every other version at the moment the new one begins, so that two are never in force at once."""
    for interval in RuleInterval.objects.filter(version__rule=rule):
        if interval.in_force_until is None or interval.in_force_until > begins:
            interval.in_force_until = max(begins, interval.in_force_from)
            interval.save(update_fields=["in_force_until"])


def _close(version: RuleVersion, moment: datetime) -> None:
    """End what is open, and what was to end later."""
    for interval in version.intervals.all():
        if interval.in_force_until is None or interval.in_force_until > moment:
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
