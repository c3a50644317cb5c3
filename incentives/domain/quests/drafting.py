"""What a quest's writer hears: findings in the text, and what the quest says in words."""

from __future__ import annotations

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from incentives.domain import wording
from incentives.domain.drafting import Opinion
from incentives.domain.quests import publishing
from incentives.domain.quests.checking import CheckedQuest, CheckedStep
from incentives.domain.quests.documents import AT_ONCE, CONTRIBUTION, Begin
from incentives.domain.rules import written
from incentives.domain.rules.written import NotReadable, Placed
from members.domain.texts import text_in
from members.models import EventType


def opinion_of(text: str) -> Opinion:
    """Check a quest's YAML as it stands; whatever is written, there is an answer."""
    try:
        document = written.read_text(text)
    except NotReadable as error:
        return Opinion([Placed(str(error), "", is_error=True, line=error.line, column=error.column)])
    report = publishing.check_document(document)
    findings = written.place_findings(text, report.findings)
    return Opinion(findings, _reads(report.quest)) if report.quest is not None else Opinion(findings)


def _reads(quest: CheckedQuest) -> list[tuple[str, str]]:
    types = {code for step in quest.steps for code in step.types}
    if isinstance(quest.document.begins, Begin):
        types.add(quest.document.begins.when)
    meanings = dict(EventType.objects.filter(code__in=types).values_list("code", "meaning"))
    lines = [(_("Begins"), _begins(quest, meanings))]
    if quest.audience_if is not None:
        lines.append((_("For whom"), wording.in_words(quest.audience_if.tree)))
    lines.append((_("Time"), _time(quest)))
    steps = [_step(step, meanings) for step in quest.steps]
    joint = " → " if quest.document.order == "ordered" else "; "
    return [*lines, (_("Steps"), joint.join(steps))]


def _begins(quest: CheckedQuest, meanings: dict[str, str]) -> str:
    begins = quest.document.begins
    if not isinstance(begins, Begin):
        return _("with the first step, for everybody") if begins == AT_ONCE else _("when a member chooses it")
    said = (meanings.get(begins.when) or begins.when).rstrip(".")
    return f"{said} ({wording.in_words(quest.begins_if.tree)})" if quest.begins_if is not None else said


def _time(quest: CheckedQuest) -> str:
    window = quest.document.window
    said = {
        "once": _("once for each member"), "week": _("anew every week"), "month": _("anew every month"),
        "season": _("anew every season"),
    }  # fmt: skip
    parts = [said[quest.document.repeat]]
    if window is not None and window.within is not None:
        parts.append(_("within %(time)s") % {"time": window.within})
    if window is not None and window.from_ is not None:
        parts.append(_("from %(day)s") % {"day": window.from_.isoformat()})
    if window is not None and window.until is not None:
        parts.append(_("until the end of %(day)s") % {"day": window.until.isoformat()})
    return ", ".join(parts)


def _step(checked: CheckedStep, meanings: dict[str, str]) -> str:
    step = checked.step
    name = text_in(step.name, get_language() or "en")
    if not name:
        is_any = step.when == CONTRIBUTION
        name = _("a contribution") if is_any else (meanings.get(step.when) or step.when).rstrip(".")
    if step.in_a_row:
        return ngettext("%(name)s in %(count)d week", "%(name)s in %(count)d weeks in a row", step.count) % {
            "name": name,
            "count": step.count,
        }
    return f"{name} × {step.count}" if step.count > 1 else name
