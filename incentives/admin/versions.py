"""What lists of versions share: a document that is checked while it is written, and the steps that a state allows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from incentives.admin.dialogs import StepForm, shown
from incentives.domain.rules.written import write_text
from incentives.models import QuestVersion, RuleVersion
from members.admin.base import Plain
from members.domain.texts import text_in

V = TypeVar("V", RuleVersion, QuestVersion)
DRAFT = "draft"


class VersionAdmin(Plain[V]):
    """Drafts are written and checked, what is out is read-only and taken on by steps, each with its reason.

    `version_of` names what it is a version of, `steps` says what each state allows; `opinion_of` is the checker,
    `save_draft` and `refusal` are the domain's.
    """

    version_of: ClassVar[str]
    steps: ClassVar[Mapping[Any, tuple[str, ...]]]
    opinion_of: ClassVar[Any]
    save_draft: ClassVar[Any]
    refusal: ClassVar[type[Exception] | tuple[type[Exception], ...]]
    read_only: ClassVar[tuple[str, ...]] = ("written", "checked")

    readonly_fields = ("summary",)
    fields = ("summary", "text")

    def get_urls(self) -> list[Any]:
        check = path("check/", self.admin_site.admin_view(self.check_text), name=f"{self._label()}_check")
        return [check, *super().get_urls()]

    def check_text(self, request: HttpRequest) -> HttpResponse:
        """Say what the checker thinks of a text; nothing is kept."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        opinion = type(self).opinion_of(request.POST.get("text", ""))
        return render(request, "admin/_findings.html", {"opinion": opinion})

    @admin.display(description=gettext_lazy("name"))
    def name(self, version: V) -> str:
        return text_in(version.document.get("name"), get_language() or "en", getattr(version, self.version_of).code)

    def has_change_permission(self, request: HttpRequest, obj: V | None = None) -> bool:
        is_frozen = obj is not None and obj.state != DRAFT
        return not is_frozen and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: V | None = None) -> bool:
        is_draft = obj is not None and obj.state == DRAFT
        return is_draft and super().has_delete_permission(request, obj)

    def get_fields(self, request: HttpRequest, obj: V | None = None) -> tuple[str, ...]:
        if obj is not None and not self.has_change_permission(request, obj):
            return ("summary", *self.read_only)
        return self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: V | None = None) -> tuple[str, ...]:
        return (*self.readonly_fields, *self.read_only)

    @admin.display(description=gettext_lazy("Document"))
    def written(self, version: V) -> SafeString:
        return format_html('<pre class="desk-code">{}</pre>', write_text(version.document))

    @admin.display(description=gettext_lazy("It says"))
    def checked(self, version: V) -> SafeString:
        opinion = type(self).opinion_of(write_text(version.document))
        return render_to_string("admin/_findings.html", {"opinion": opinion, "is_published": True})

    @admin.display(description=gettext_lazy("Version"))
    def summary(self, version: V) -> str:
        if version._state.adding:  # noqa: SLF001  Django has no public word for it.
            return _("A new draft")
        return f"{version} · {version.get_state_display()}" + self.said_by(version)

    def said_by(self, version: V) -> str:
        """Whose it is, after the version and its state."""
        raise NotImplementedError

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Only the steps that the version can take now."""
        found = self.model.objects.filter(pk=object_id).first() if str(object_id).isdigit() else None
        steps = self.steps[found.state] if found is not None else ()
        offered: list[Any] = super().get_actions_detail(request, object_id)
        return [each for each in offered if each.action_name.removeprefix(f"{self._label()}_") in steps]

    def take(self, request: HttpRequest, object_id: int, form: StepForm, step: Any, done: str) -> HttpResponse:
        """Take a step, and say what came of it; the reason stands in the history."""
        version = self.model.objects.select_related(self.version_of).get(pk=object_id)
        try:
            step(version)
        except self.refusal as error:
            messages.error(request, str(error))
        else:
            version.refresh_from_db()
            said = self.said_instead(version) or done % {"version": version}
            self.log_change(request, version, f"{said} {form.cleaned_data['reason']}".strip())
            messages.success(request, said)
        return shown(request, self._page_of(object_id))

    def said_instead(self, version: V) -> str:
        """What came of a step where it was something else than what was asked for."""
        return ""

    def write_next(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Go on to the draft that follows; one begins with this version's words where there is none."""
        version = self.model.objects.get(pk=object_id)
        draft = getattr(version, self.version_of).versions.filter(state=DRAFT).first()
        if draft is None:
            draft = type(self).save_draft(document=version.document, by=request.user)
        return shown(request, self._page_of(draft.pk))

    def _label(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}"

    def _page_of(self, pk: int) -> str:
        return reverse(f"admin:{self._label()}_change", args=[pk])
