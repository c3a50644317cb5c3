"""Rules: written as YAML, checked as they are saved, published with a button; what was published is read-only."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextareaWidget

from incentives.admin.dialogs import StepForm, dialog, shown
from incentives.domain import drafting, publishing
from incentives.domain.catalogues import check_shared_limit
from incentives.domain.corrections.making import BadCorrection
from incentives.domain.corrections.publications import undo_publication
from incentives.domain.engine import rulebook
from incentives.domain.ledger.queries import major
from incentives.domain.pump import hints
from incentives.domain.rules.documents import BadDocument, Finding, read_document
from incentives.domain.rules.tables import BadTable, read_table
from incentives.domain.rules.written import NotReadable, differences, read_text, write_text
from incentives.enums import RuleState
from incentives.models import BudgetAlarm, LookupTable, RuleInterval, RuleVersion, SharedLimit
from incentives.tasks.corrections import carry_on_corrections
from members.admin.base import Plain, Remembered, WhyForm, Window
from members.domain.texts import text_in

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
    RuleState.LIVE: ("pause", "retire", "next_version", "undo"),
    RuleState.PAUSED: ("resume", "retire", "next_version", "undo"),
    RuleState.RETIRED: ("next_version", "undo"),
}


@admin.register(RuleVersion)
class RuleVersionAdmin(Plain[RuleVersion]):
    form = RuleForm
    change_form_outer_after_template = "admin/_rule_versions.html"
    list_display = ("rule", "name", "number", "state", "event_type", "published_at", "published_by")
    list_filter = ("state", "event_type")
    list_select_related = ("rule", "published_by")
    search_fields = ("rule__code", "event_type")
    ordering = ("rule__code", "-number")
    readonly_fields = ("summary",)
    fields = ("summary", "text")
    actions_detail = ("publish", "pause", "resume", "retire", "next_version", "undo")

    def get_urls(self) -> list[Any]:
        check = path("check/", self.admin_site.admin_view(self.check_text), name="incentives_ruleversion_check")
        return [check, *super().get_urls()]

    def check_text(self, request: HttpRequest) -> HttpResponse:
        """Say what the checker thinks of a text; nothing is kept."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return render(request, "admin/_findings.html", {"opinion": drafting.opinion_of(request.POST.get("text", ""))})

    @admin.display(description=gettext_lazy("name"))
    def name(self, version: RuleVersion) -> str:
        return text_in(version.document.get("name"), get_language() or "en", version.rule.code)

    @admin.display(description=gettext_lazy("Version"))
    def summary(self, version: RuleVersion) -> str:
        if version._state.adding:  # noqa: SLF001  Django has no public word for it.
            return _("A new draft")
        said = f"{version} · {version.get_state_display()}"
        if version.published_at is not None:
            by = version.published_by or _("a file or the command line")
            said += " · " + _("published by %(who)s on %(when)s") % {"who": by, "when": _local(version.published_at)}
        elif version.created_by is not None:
            said += " · " + _("written by %(who)s") % {"who": version.created_by}
        return said

    def has_change_permission(self, request: HttpRequest, obj: RuleVersion | None = None) -> bool:
        is_frozen = obj is not None and obj.state != RuleState.DRAFT
        return not is_frozen and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: RuleVersion | None = None) -> bool:
        is_draft = obj is not None and obj.state == RuleState.DRAFT
        return is_draft and super().has_delete_permission(request, obj)

    def get_fields(self, request: HttpRequest, obj: RuleVersion | None = None) -> tuple[str, ...]:
        if obj is not None and not self.has_change_permission(request, obj):
            return ("summary", "published_text", "checked")
        return self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: RuleVersion | None = None) -> tuple[str, ...]:
        return (*self.readonly_fields, "published_text", "checked")

    @admin.display(description=gettext_lazy("Document"))
    def published_text(self, version: RuleVersion) -> SafeString:
        return format_html('<pre class="desk-code">{}</pre>', write_text(version.document))

    @admin.display(description=gettext_lazy("It says"))
    def checked(self, version: RuleVersion) -> SafeString:
        opinion = drafting.opinion_of(write_text(version.document))
        return render_to_string("admin/_findings.html", {"opinion": opinion, "is_published": True})

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

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Only the steps that the version can take now."""
        found = RuleVersion.objects.filter(pk=object_id).first() if str(object_id).isdigit() else None
        steps = STEPS[RuleState(found.state)] if found is not None else ()
        offered: list[Any] = super().get_actions_detail(request, object_id)
        return [each for each in offered if each.action_name.removeprefix("incentives_ruleversion_") in steps]

    def _step(self, request: HttpRequest, object_id: int, form: StepForm, step: Any, done: str) -> HttpResponse:
        version = RuleVersion.objects.get(pk=object_id)
        try:
            step(version)
        except publishing.CannotPublish as error:
            messages.error(request, str(error))
        else:
            said = done % {"version": version}
            reason = form.cleaned_data["reason"]
            self.log_change(request, version, f"{said} {reason}".strip())
            messages.success(request, said)
        return shown(request, reverse("admin:incentives_ruleversion_change", args=[object_id]))

    @action(
        description=gettext_lazy("Publish"), url_path="publish", permissions=["publish"], icon="publish",
        dialog=dialog(
            gettext_lazy("Publish this version"),
            gettext_lazy("It takes the place of the version before it, for what happens from now on."),
            gettext_lazy("Publish"),
        ),
    )  # fmt: skip
    def publish(self, request: HttpRequest, form: StepForm, object_id: int) -> HttpResponse:
        def step(version: RuleVersion) -> None:
            publishing.publish_rule(version=version, now=timezone.now(), by=request.user)  # type: ignore[arg-type]

        return self._step(request, object_id, form, step, _("%(version)s is live."))

    @action(
        description=gettext_lazy("Pause"), url_path="pause", permissions=["publish"], icon="pause",
        dialog=dialog(
            gettext_lazy("Pause this rule"),
            gettext_lazy("What happens from now on does not meet it until you resume it."),
            gettext_lazy("Pause"),
        ),
    )  # fmt: skip
    def pause(self, request: HttpRequest, form: StepForm, object_id: int) -> HttpResponse:
        def step(version: RuleVersion) -> None:
            publishing.pause_rule(version=version, now=timezone.now())

        return self._step(request, object_id, form, step, _("%(version)s rests."))

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

        return self._step(request, object_id, form, step, _("%(version)s is live again."))

    @action(
        description=gettext_lazy("Retire"), url_path="retire", permissions=["publish"], icon="archive",
        dialog=dialog(
            gettext_lazy("Retire this rule"),
            gettext_lazy("It ends for good; points already paid stay. A new version can be written later."),
            gettext_lazy("Retire"),
        ),
    )  # fmt: skip
    def retire(self, request: HttpRequest, form: StepForm, object_id: int) -> HttpResponse:
        def step(version: RuleVersion) -> None:
            publishing.retire_rule(version=version, now=timezone.now())

        return self._step(request, object_id, form, step, _("%(version)s is retired."))

    @action(
        description=gettext_lazy("Write the next version"), url_path="next", permissions=["publish"], icon="edit",
        dialog=dialog(
            gettext_lazy("Write the next version"),
            gettext_lazy("A draft begins with these words; this version stays as it is until you publish the next."),
            gettext_lazy("Begin"),
        ),
    )  # fmt: skip
    def next_version(self, request: HttpRequest, form: StepForm, object_id: int) -> HttpResponse:
        version = RuleVersion.objects.get(pk=object_id)
        draft = version.rule.versions.filter(state=RuleState.DRAFT).first()
        if draft is None:
            draft = publishing.save_draft(document=version.document, by=request.user)  # type: ignore[arg-type]
        return shown(request, reverse("admin:incentives_ruleversion_change", args=[draft.pk]))

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


@admin.register(RuleInterval)
class RuleIntervalAdmin(Window[RuleInterval]):
    list_display = ("version", "in_force_from", "in_force_until")
    list_select_related = ("version__rule",)


class LimitForm(WhyForm):
    class Meta:
        model = SharedLimit
        fields = ["code", "document"]

    def clean_document(self) -> Any:
        try:
            check_shared_limit(code="", document=self.cleaned_data["document"])
        except BadDocument as error:
            raise ValidationError([_said(finding) for finding in error.findings]) from error
        return self.cleaned_data["document"]


@admin.register(SharedLimit)
class SharedLimitAdmin(Remembered[SharedLimit]):
    form = LimitForm
    list_display = ("code", "document")


class TableForm(WhyForm):
    class Meta:
        model = LookupTable
        fields = ["code", "rows"]

    def clean_rows(self) -> Any:
        try:
            return {key: str(value) for key, value in read_table(self.cleaned_data["rows"]).items()}
        except BadTable as error:
            raise ValidationError(str(error)) from error


@admin.register(LookupTable)
class LookupTableAdmin(Remembered[LookupTable]):
    form = TableForm
    list_display = ("code", "rows")


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
