"""Rules: written as YAML, checked as they are saved, published with a button; what was published is read-only."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextareaWidget

from incentives.admin.dialogs import NoticeForm, StepForm, dialog, shown
from incentives.admin.versions import VersionAdmin
from incentives.domain import drafting, notice, publishing
from incentives.domain.corrections.making import BadCorrection
from incentives.domain.corrections.publications import undo_publication
from incentives.domain.engine import rulebook
from incentives.domain.ledger.queries import major
from incentives.domain.notice import NoReason, WithoutNotice
from incentives.domain.pump import hints
from incentives.domain.rules.documents import BadDocument, Finding, read_document
from incentives.domain.rules.written import NotReadable, differences, read_text, write_text
from incentives.enums import Emergency, NoticeOf, RuleState
from incentives.models import BudgetAlarm, RuleInterval, RuleNotice, RuleVersion
from incentives.tasks.corrections import carry_on_corrections
from members.admin.base import Window

TEMPLATE = """\
code: my-rule
name: {en: My rule}
when: content.published
if:
  all:
    - expr: event.data.words >= 100
      why_not: {en: The post is shorter than 100 words.}
then:
  - {do: award, currency: points, amount: 10}
limits:
  - {per: member, every: day, times: 3}
"""


class RuleText(UnfoldAdminTextareaWidget):  # type: ignore[misc]  # The theme ships no types.
    """The YAML with what the checker says of it underneath, anew whenever the writer pauses."""

    check = "admin:incentives_ruleversion_check"
    opinion_of = staticmethod(drafting.opinion_of)

    class Media:
        js = ("laurels/rule-form.js",)

    def __init__(self) -> None:
        super().__init__(attrs={"rows": 18, "spellcheck": "false", "wrap": "off", "class": "font-mono"})

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        live = {
            "hx-post": reverse(self.check),
            "hx-trigger": "input changed delay:600ms",
            "hx-target": "#rule-findings",
            "aria-describedby": "rule-findings",
        }
        field = super().render(name, value, {**(attrs or {}), **live}, renderer)
        context = {"opinion": self.opinion_of(value or ""), "check_url": live["hx-post"]}
        return format_html("{}{}", field, render_to_string("admin/_rule_check.html", context))


class RuleForm(forms.ModelForm[RuleVersion]):
    """The document as YAML, with everything the checker has to say under it."""

    text = forms.CharField(
        label=gettext_lazy("Document"),
        widget=RuleText,
        help_text=gettext_lazy("A rule in YAML; docs/rules.md explains the words."),
    )

    class Meta:
        model = RuleVersion
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        document = self.instance.document
        self.fields["text"].initial = write_text(document) if document else TEMPLATE

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        try:
            self.document = read_text(text)
            read = read_document(self.document)
        except (NotReadable, BadDocument) as error:
            raise ValidationError(_("This cannot be kept yet; see what the checker says below.")) from error
        if self.instance.pk and read.code != self.instance.rule.code:
            raise ValidationError(_("A rule keeps its code; make a new rule for another one."))
        return text


def _said(finding: Finding) -> str:
    return f"{finding.pointer or '/'}: {finding}"


# The steps that make sense in each state.
STEPS = {
    RuleState.DRAFT: ("publish",),
    RuleState.ANNOUNCED: ("withdraw",),
    RuleState.LIVE: ("pause", "retire", "withdraw", "next_version", "undo"),
    RuleState.PAUSED: ("resume", "retire", "next_version", "undo"),
    RuleState.RETIRED: ("next_version", "undo"),
}


@admin.register(RuleVersion)
class RuleVersionAdmin(VersionAdmin[RuleVersion]):
    version_of = "rule"
    steps = STEPS
    opinion_of = staticmethod(drafting.opinion_of)
    save_draft = staticmethod(publishing.save_draft)
    refusal = (publishing.CannotPublish, NoReason)
    form = RuleForm
    change_form_outer_after_template = "admin/_rule_versions.html"
    list_display = ("rule", "name", "number", "state", "event_type", "published_at", "published_by")
    list_filter = ("state", "event_type")
    list_select_related = ("rule", "published_by")
    search_fields = ("rule__code", "event_type")
    ordering = ("rule__code", "-number")
    actions_detail = ("publish", "pause", "resume", "retire", "withdraw", "next_version", "undo")

    def said_by(self, version: RuleVersion) -> str:
        if version.published_at is not None:
            by = version.published_by or _("a file or the command line")
            return " · " + _("published by %(who)s on %(when)s") % {"who": by, "when": _local(version.published_at)}
        if version.created_by is not None:
            return " · " + _("written by %(who)s") % {"who": version.created_by}
        return ""

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        extra = {**(extra_context or {}), **_story_of(object_id)}
        response: HttpResponse = super().change_view(request, object_id, form_url, extra)
        return response

    def save_model(self, request: HttpRequest, obj: RuleVersion, form: Any, change: bool) -> None:  # noqa: FBT001
        """Everything goes through the domain, which knows about earlier versions."""
        saved = publishing.save_draft(document=form.document, by=request.user)  # type: ignore[arg-type]
        obj.pk = saved.pk
        obj.refresh_from_db()
        report = publishing.check_document(obj.document)
        if report.errors:
            messages.warning(request, _("Kept. It cannot be published yet; see what the checker says."))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method == "GET":
            for name, why in sorted(rulebook.current().broken.items()):
                words = {"name": name, "why": why}
                messages.error(request, _("%(name)s does not check any more, so it judges nothing: %(why)s") % words)
        response: HttpResponse = super().changelist_view(request, extra_context)
        return response

    def said_instead(self, version: RuleVersion) -> str:
        """Where it waits for its notice."""
        return _announced_words(version)

    @action(
        description=gettext_lazy("Publish"), url_path="publish", permissions=["publish"], icon="publish",
        dialog=dialog(
            gettext_lazy("Publish this version"),
            gettext_lazy("It takes the place of the version before it, for what happens from now on."),
            gettext_lazy("Publish"), form=NoticeForm,
        ),
    )  # fmt: skip
    def publish(self, request: HttpRequest, form: StepForm, object_id: int) -> HttpResponse:
        def step(version: RuleVersion) -> None:
            publishing.publish_rule(version=version, now=timezone.now(), **_by(request, form))

        return self.take(request, object_id, form, step, _("%(version)s is live."))

    @action(
        description=gettext_lazy("Pause"), url_path="pause", permissions=["publish"], icon="pause",
        dialog=dialog(
            gettext_lazy("Pause this rule"),
            gettext_lazy("What happens from now on does not meet it until you resume it."),
            gettext_lazy("Pause"), form=NoticeForm,
        ),
    )  # fmt: skip
    def pause(self, request: HttpRequest, form: StepForm, object_id: int) -> HttpResponse:
        def step(version: RuleVersion) -> None:
            publishing.pause_rule(version=version, now=timezone.now(), **_by(request, form))

        return self.take(request, object_id, form, step, _("%(version)s rests."))

    @action(
        description=gettext_lazy("Resume"), url_path="resume", permissions=["publish"], icon="play_arrow",
        dialog=dialog(
            gettext_lazy("Resume this rule"),
            gettext_lazy("It pays again, for what happens from now on."),
            gettext_lazy("Resume"),
        ),
    )  # fmt: skip
    def resume(self, request: HttpRequest, form: StepForm, object_id: int) -> HttpResponse:
        def step(version: RuleVersion) -> None:
            publishing.resume_rule(version=version, now=timezone.now())

        return self.take(request, object_id, form, step, _("%(version)s is live again."))

    @action(
        description=gettext_lazy("Retire"), url_path="retire", permissions=["publish"], icon="archive",
        dialog=dialog(
            gettext_lazy("Retire this rule"),
            gettext_lazy("It ends for good; points already paid stay. A new version can be written later."),
            gettext_lazy("Retire"), form=NoticeForm,
        ),
    )  # fmt: skip
    def retire(self, request: HttpRequest, form: StepForm, object_id: int) -> HttpResponse:
        def step(version: RuleVersion) -> None:
            publishing.retire_rule(version=version, now=timezone.now(), **_by(request, form))

        return self.take(request, object_id, form, step, _("%(version)s is retired."))

    @action(
        description=gettext_lazy("Withdraw"), url_path="withdraw", permissions=["publish"], icon="event_busy",
        dialog=dialog(
            gettext_lazy("Withdraw the announcement"),
            gettext_lazy("What is in force stays in force; what was announced does not happen."),
            gettext_lazy("Withdraw"),
        ),
    )  # fmt: skip
    def withdraw(self, request: HttpRequest, form: StepForm, object_id: int) -> HttpResponse:
        def step(version: RuleVersion) -> None:
            publishing.withdraw(version=version, now=timezone.now())

        return self.take(request, object_id, form, step, _("The announcement of %(version)s is withdrawn."))

    @action(
        description=gettext_lazy("Write the next version"), url_path="next", permissions=["publish"], icon="edit",
        dialog=dialog(
            gettext_lazy("Write the next version"),
            gettext_lazy("A draft begins with these words; this version stays as it is until you publish the next."),
            gettext_lazy("Begin"),
        ),
    )  # fmt: skip
    def next_version(self, request: HttpRequest, _form: StepForm, object_id: int) -> HttpResponse:
        return self.write_next(request, object_id)

    @action(
        description=gettext_lazy("Undo publication"), url_path="undo", permissions=["undo"], icon="undo",
        dialog=dialog(
            gettext_lazy("Undo this publication"),
            gettext_lazy(
                "The version ends, and a correction is made that takes back what it has paid. You see first what that "
                "would do. Say why: the members read it."
            ),
            gettext_lazy("Undo"),
        ),
    )  # fmt: skip
    def undo(self, request: HttpRequest, form: StepForm, object_id: int) -> HttpResponse:
        version, why = RuleVersion.objects.select_related("rule").get(pk=object_id), form.cleaned_data["reason"]
        try:
            made = undo_publication(version=version, why=why, now=timezone.now(), by=request.user)  # type: ignore[arg-type]
        except (publishing.CannotPublish, BadCorrection) as error:
            messages.error(request, str(error))
            return shown(request, reverse("admin:incentives_ruleversion_change", args=[object_id]))
        hints.send_on_commit(carry_on_corrections)
        self.log_change(request, version, f"{_('Publication undone.')} {why}".strip())
        return shown(request, reverse("admin:incentives_correction_change", args=[made.pk]))

    def has_undo_permission(self, request: HttpRequest, *_args: object) -> bool:
        return request.user.has_perms(("incentives.change_ruleversion", "incentives.add_correction"))

    def has_publish_permission(self, request: HttpRequest, *_args: object) -> bool:
        return request.user.has_perm("incentives.change_ruleversion")


def _by(request: HttpRequest, form: StepForm) -> dict[str, Any]:
    """Who takes a step, and why without notice, if so. Raises NoReason."""
    kind, reason = form.cleaned_data.get("emergency"), form.cleaned_data["reason"]
    return {"by": request.user, "without_notice": WithoutNotice(Emergency(kind), reason) if kind else None}


def _announced_words(version: RuleVersion) -> str:
    """That a step waits for its days of notice, until when and why; empty where it was taken at once."""
    told = notice.coming([version.rule.code], now=timezone.now()).get(version.rule.code)
    if told is None or told.version_id != version.pk or told.of == NoticeOf.SHARED:
        return ""
    said = {"version": version, "when": _local(told.takes_effect_at), "why": " ".join(told.why)}
    if told.of == NoticeOf.END:
        return _("%(version)s ends on %(when)s; members are told. %(why)s") % said
    return _("%(version)s takes effect on %(when)s; members are told. %(why)s") % said


def _local(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}"


def _story_of(object_id: str) -> dict[str, Any]:
    """All versions of the rule, and how this one differs from the one before it."""
    version = RuleVersion.objects.filter(pk=object_id).first() if object_id.isdigit() else None
    if version is None:
        return {}
    versions = list(
        RuleVersion.objects.filter(rule_id=version.rule_id)
        .select_related("published_by", "created_by")
        .order_by("-number")
    )
    before = next((each for each in versions if each.number < version.number), None)
    changes = differences(write_text(before.document), write_text(version.document)) if before is not None else []
    return {"version": version, "versions": versions, "before": before, "changes": changes}


@admin.register(RuleNotice)
class RuleNoticeAdmin(Window[RuleNotice]):
    """What was announced of public rules, and what was done without notice and why."""

    list_display = (
        "rule",
        "version",
        "of",
        "shared",
        "announced_at",
        "takes_effect_at",
        "withdrawn_at",
        "emergency",
        "reason",
    )
    list_filter = ("emergency", "of")
    list_select_related = ("rule", "version__rule")
    search_fields = ("rule__code", "shared")
    ordering = ("-id",)


@admin.register(RuleInterval)
class RuleIntervalAdmin(Window[RuleInterval]):
    list_display = ("version", "in_force_from", "in_force_until")
    list_select_related = ("version__rule",)


@admin.register(BudgetAlarm)
class BudgetAlarmAdmin(Window[BudgetAlarm]):
    list_display = ("reached_at", "limit", "since", "share")
    list_select_related = ("currency",)
    search_fields = ("limit",)
    ordering = ("-reached_at", "-id")
    fields = ("limit", "since", "share", "reached_at")

    @admin.display(description=gettext_lazy("period from"))
    def since(self, alarm: BudgetAlarm) -> str:
        return date_format(date.fromordinal(alarm.period)) if alarm.period else _("ever")

    @admin.display(description=gettext_lazy("used"))
    def share(self, alarm: BudgetAlarm) -> str:
        scale, what = (alarm.currency.scale, alarm.currency.code) if alarm.currency else (0, _("times"))
        used, of = (f"{major(amount, scale):,f}" for amount in (alarm.used, alarm.of))
        return _("%(used)s of %(of)s %(what)s") % {"used": used, "of": of, "what": what}
