"""Rules: written as YAML, checked as they are saved, published with a button; what was published is read-only."""

from __future__ import annotations

from typing import Any

import yaml
from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextareaWidget

from incentives.domain import publishing
from incentives.domain.catalogues import check_shared_limit
from incentives.domain.engine import rulebook
from incentives.domain.rules.documents import BadDocument, Finding, read_document, text_in
from incentives.domain.rules.tables import BadTable, read_table
from incentives.enums import RuleState
from incentives.models import LookupTable, RuleInterval, RuleVersion, SharedLimit
from members.admin.base import Plain, Window

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


class RuleForm(forms.ModelForm[RuleVersion]):
    """The document as YAML, with everything the checker has to say under it."""

    text = forms.CharField(
        label=gettext_lazy("document"),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 26, "spellcheck": "false", "class": "font-mono"}),
        help_text=gettext_lazy("A rule in YAML; docs/rules.md explains the words."),
    )

    class Meta:
        model = RuleVersion
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        document = self.instance.document
        self.fields["text"].initial = as_yaml(document) if document else TEMPLATE

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        self.document = read_text(text)
        try:
            read = read_document(self.document)
        except BadDocument as error:
            raise ValidationError([_said(finding) for finding in error.findings]) from error
        if self.instance.pk and read.code != self.instance.rule.code:
            raise ValidationError(_("A rule keeps its code; make a new rule for another one."))
        return text


def read_text(text: str) -> dict[str, Any]:
    """Read YAML, saying on which line it stops making sense."""
    try:
        document = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ValidationError(_("Line %(line)d: %(problem)s.") % {"line": line, "problem": error.problem}) from error
    except yaml.YAMLError as error:
        raise ValidationError(str(error)) from error
    if not isinstance(document, dict):
        raise ValidationError(_("A rule has words and values, such as code: my-rule."))
    return document


def as_yaml(document: dict[str, Any]) -> str:
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)


def _said(finding: Finding) -> str:
    place = f"{finding.pointer}, {finding.span[0]}-{finding.span[1]}" if finding.span else finding.pointer
    return f"{place or '/'}: {finding}"


@admin.register(RuleVersion)
class RuleVersionAdmin(Plain[RuleVersion]):
    form = RuleForm
    list_display = ("rule", "number", "state", "event_type", "name", "published_at", "published_by")
    list_filter = ("state", "event_type")
    list_select_related = ("rule", "published_by")
    search_fields = ("rule__code",)
    ordering = ("rule__code", "-number")
    readonly_fields = ("summary", "checked")
    fields = ("summary", "text", "checked")
    actions_detail = ("publish", "pause", "resume", "retire", "next_version")

    @admin.display(description=gettext_lazy("name"))
    def name(self, version: RuleVersion) -> str:
        return text_in(version.document.get("name"), "en", version.rule.code)

    @admin.display(description=gettext_lazy("version"))
    def summary(self, version: RuleVersion) -> str:
        if version._state.adding:  # noqa: SLF001  Django has no public word for it.
            return _("a new draft")
        return f"{version} · {version.get_state_display()} · {version.event_type}"

    @admin.display(description=gettext_lazy("the checker says"))
    def checked(self, version: RuleVersion) -> SafeString | str:
        if version._state.adding:  # noqa: SLF001  Django has no public word for it.
            return _("Save to have it checked.")
        report = publishing.check_document(version.document)
        lines = [("✕" if f.severity == "error" else "△", _said(f)) for f in report.findings]
        if report.rule is not None:
            most = [f"{effect.most():f}" for effect in report.rule.effects if effect.amount is not None]
            lines += [("✓", _("One event moves at most %(most)s.") % {"most": each}) for each in most]
            lines.append(("✓", _("It reads: %(fields)s") % {"fields": ", ".join(report.rule.fields()) or "—"}))
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{} {}</li>", lines))

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
        return (*self.readonly_fields, "published_text")

    @admin.display(description=gettext_lazy("document"))
    def published_text(self, version: RuleVersion) -> SafeString:
        return format_html("<pre>{}</pre>", as_yaml(version.document))

    def save_model(self, request: HttpRequest, obj: RuleVersion, form: Any, change: bool) -> None:  # noqa: FBT001
        """Everything goes through the domain, which knows about earlier versions."""
        saved = publishing.save_draft(document=form.document, by=request.user)  # type: ignore[arg-type]
        obj.pk = saved.pk
        obj.refresh_from_db()
        report = publishing.check_document(obj.document)
        if report.errors:
            messages.warning(request, _("Saved. It cannot be published yet; see what the checker says."))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method == "GET":
            for name, why in sorted(rulebook.current().broken.items()):
                words = {"name": name, "why": why}
                messages.error(request, _("%(name)s does not check any more, so it judges nothing: %(why)s") % words)
        response: HttpResponse = super().changelist_view(request, extra_context)
        return response

    def _step(self, request: HttpRequest, object_id: int, step: Any, done: str) -> HttpResponse:
        version = RuleVersion.objects.get(pk=object_id)
        try:
            step(version)
        except publishing.CannotPublish as error:
            messages.error(request, str(error))
        else:
            messages.success(request, done % {"version": version})
        return HttpResponseRedirect(reverse("admin:incentives_ruleversion_change", args=[object_id]))

    @action(description=gettext_lazy("Publish"), url_path="publish", permissions=["publish"])
    def publish(self, request: HttpRequest, object_id: int) -> HttpResponse:
        def step(version: RuleVersion) -> None:
            publishing.publish_rule(version=version, now=timezone.now(), by=request.user)  # type: ignore[arg-type]

        return self._step(request, object_id, step, _("%(version)s is live."))

    @action(description=gettext_lazy("Pause"), url_path="pause", permissions=["publish"])
    def pause(self, request: HttpRequest, object_id: int) -> HttpResponse:
        def step(version: RuleVersion) -> None:
            publishing.pause_rule(version=version, now=timezone.now())

        return self._step(request, object_id, step, _("%(version)s rests."))

    @action(description=gettext_lazy("Resume"), url_path="resume", permissions=["publish"])
    def resume(self, request: HttpRequest, object_id: int) -> HttpResponse:
        def step(version: RuleVersion) -> None:
            publishing.resume_rule(version=version, now=timezone.now())

        return self._step(request, object_id, step, _("%(version)s is live again."))

    @action(description=gettext_lazy("Retire"), url_path="retire", permissions=["publish"])
    def retire(self, request: HttpRequest, object_id: int) -> HttpResponse:
        def step(version: RuleVersion) -> None:
            publishing.retire_rule(version=version, now=timezone.now())

        return self._step(request, object_id, step, _("%(version)s is retired."))

    @action(description=gettext_lazy("Write the next version"), url_path="next", permissions=["publish"])
    def next_version(self, request: HttpRequest, object_id: int) -> HttpResponse:
        version = RuleVersion.objects.get(pk=object_id)
        draft = publishing.save_draft(document=version.document, by=request.user)  # type: ignore[arg-type]
        return HttpResponseRedirect(reverse("admin:incentives_ruleversion_change", args=[draft.pk]))

    def has_publish_permission(self, request: HttpRequest, *_: object) -> bool:
        return request.user.has_perm("incentives.change_ruleversion")


@admin.register(RuleInterval)
class RuleIntervalAdmin(Window[RuleInterval]):
    list_display = ("version", "in_force_from", "in_force_until")
    list_select_related = ("version__rule",)


class LimitForm(forms.ModelForm[SharedLimit]):
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
class SharedLimitAdmin(Plain[SharedLimit]):
    form = LimitForm
    list_display = ("code", "document")


class TableForm(forms.ModelForm[LookupTable]):
    class Meta:
        model = LookupTable
        fields = ["code", "rows"]

    def clean_rows(self) -> Any:
        try:
            return {key: str(value) for key, value in read_table(self.cleaned_data["rows"]).items()}
        except BadTable as error:
            raise ValidationError(str(error)) from error


@admin.register(LookupTable)
class LookupTableAdmin(Plain[LookupTable]):
    form = TableForm
    list_display = ("code", "rows")
