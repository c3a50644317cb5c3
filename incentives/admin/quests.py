"""Quests: written as YAML, checked as they are saved, started with a button; and how far members are with them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from unfold.decorators import action

from incentives.admin.dialogs import StepForm, dialog, shown
from incentives.admin.rules import RuleText
from incentives.domain.engine import rulebook
from incentives.domain.quests import drafting, publishing
from incentives.domain.quests.closing import done_of
from incentives.domain.quests.documents import read_quest
from incentives.domain.rules.documents import BadDocument
from incentives.domain.rules.written import NotReadable, read_text, write_text
from incentives.enums import QuestState
from incentives.models import QuestRun, QuestVersion
from members.admin.base import Plain, Window
from members.domain.texts import text_in

TEMPLATE = """\
code: my-quest
name: {en: Share three posts}
text: {en: Whatever you have tried lately.}
repeat: month
steps:
  - {code: posts, name: {en: Share a post}, when: content.published, count: 3}
"""
STEPS = {
    QuestState.DRAFT: ("start",),
    QuestState.LIVE: ("pause", "end", "next_version"),
    QuestState.PAUSED: ("resume", "end", "next_version"),
    QuestState.REPLACED: ("end",),
    QuestState.ENDED: ("next_version",),
}


class QuestText(RuleText):
    check = "admin:incentives_questversion_check"
    opinion_of = staticmethod(drafting.opinion_of)


class QuestForm(forms.ModelForm[QuestVersion]):
    """The document as YAML, with everything the checker has to say under it."""

    text = forms.CharField(
        label=gettext_lazy("Document"), widget=QuestText,
        help_text=gettext_lazy("A quest in YAML; docs/quests.md explains the words."),
    )  # fmt: skip

    class Meta:
        model = QuestVersion
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        document = self.instance.document
        self.fields["text"].initial = write_text(document) if document else TEMPLATE

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        try:
            self.document = read_text(text)
            read = read_quest(self.document)
        except (NotReadable, BadDocument) as error:
            raise ValidationError(_("This cannot be kept yet; see what the checker says below.")) from error
        if self.instance.pk and read.code != self.instance.quest.code:
            raise ValidationError(_("A quest keeps its code; make a new quest for another one."))
        return text


@admin.register(QuestVersion)
class QuestVersionAdmin(Plain[QuestVersion]):
    form = QuestForm
    list_display = ("quest", "name", "number", "state", "published_at", "published_by", "ended_at")
    list_filter = ("state",)
    list_select_related = ("quest", "published_by")
    search_fields = ("quest__code",)
    ordering = ("quest__code", "-number")
    readonly_fields = ("summary",)
    fields = ("summary", "text")
    actions_detail = ("start", "pause", "resume", "end", "next_version")

    def get_urls(self) -> list[Any]:
        check = path("check/", self.admin_site.admin_view(self.check_text), name="incentives_questversion_check")
        return [check, *super().get_urls()]

    def check_text(self, request: HttpRequest) -> HttpResponse:
        """Say what the checker thinks of a text; nothing is kept."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return render(request, "admin/_findings.html", {"opinion": drafting.opinion_of(request.POST.get("text", ""))})

    @admin.display(description=gettext_lazy("name"))
    def name(self, version: QuestVersion) -> str:
        return text_in(version.document.get("name"), get_language() or "en", version.quest.code)

    @admin.display(description=gettext_lazy("Version"))
    def summary(self, version: QuestVersion) -> str:
        if version._state.adding:  # noqa: SLF001  Django has no public word for it.
            return _("A new draft")
        said = f"{version} · {version.get_state_display()}"
        by = version.published_by or version.created_by
        return f"{said} · {by}" if by is not None else said

    def has_change_permission(self, request: HttpRequest, obj: QuestVersion | None = None) -> bool:
        is_frozen = obj is not None and obj.state != QuestState.DRAFT
        return not is_frozen and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: QuestVersion | None = None) -> bool:
        is_draft = obj is not None and obj.state == QuestState.DRAFT
        return is_draft and super().has_delete_permission(request, obj)

    def get_fields(self, request: HttpRequest, obj: QuestVersion | None = None) -> tuple[str, ...]:
        if obj is not None and not self.has_change_permission(request, obj):
            return ("summary", "started_text", "checked", "members")
        return self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: QuestVersion | None = None) -> tuple[str, ...]:
        return (*self.readonly_fields, "started_text", "checked", "members")

    @admin.display(description=gettext_lazy("Document"))
    def started_text(self, version: QuestVersion) -> SafeString:
        return format_html('<pre class="desk-code">{}</pre>', write_text(version.document))

    @admin.display(description=gettext_lazy("It says"))
    def checked(self, version: QuestVersion) -> SafeString:
        opinion = drafting.opinion_of(write_text(version.document))
        return render_to_string("admin/_findings.html", {"opinion": opinion, "is_published": True})

    @admin.display(description=gettext_lazy("Members on it"))
    def members(self, version: QuestVersion) -> str:
        """How many are under way, have completed it, or ran out of time; house accounts left out."""
        counts = dict.fromkeys(("open", "completed", "expired"), 0)
        for state in version.runs.filter(member__is_house=False).values_list("state", flat=True):
            counts[state] += 1
        return _("%(open)d under way, %(completed)d completed, %(expired)d out of time") % counts

    def save_model(self, request: HttpRequest, obj: QuestVersion, form: Any, change: bool) -> None:  # noqa: FBT001
        """Everything goes through the domain, which knows about earlier versions."""
        saved = publishing.save_draft(document=form.document, by=request.user)  # type: ignore[arg-type]
        obj.pk = saved.pk
        obj.refresh_from_db()
        if publishing.check_document(obj.document).errors:
            messages.warning(request, _("Kept. It cannot be started yet; see what the checker says."))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method == "GET":
            for name, why in sorted(rulebook.current().broken.items()):
                if name.startswith("quest "):
                    words = {"name": name, "why": why}
                    messages.error(
                        request, _("%(name)s does not check any more, so nobody gets further: %(why)s") % words
                    )
        response: HttpResponse = super().changelist_view(request, extra_context)
        return response

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Only the steps that the version can take now."""
        found = QuestVersion.objects.filter(pk=object_id).first() if str(object_id).isdigit() else None
        steps = STEPS[QuestState(found.state)] if found is not None else ()
        offered: list[Any] = super().get_actions_detail(request, object_id)
        return [each for each in offered if each.action_name.removeprefix("incentives_questversion_") in steps]

    def _step(self, request: HttpRequest, object_id: int, form: StepForm, step: Any, done: str) -> HttpResponse:
        version = QuestVersion.objects.select_related("quest").get(pk=object_id)
        try:
            step(version)
        except publishing.CannotStart as error:
            messages.error(request, str(error))
        else:
            said = done % {"version": version}
            self.log_change(request, version, f"{said} {form.cleaned_data['reason']}".strip())
            messages.success(request, said)
        return shown(request, reverse("admin:incentives_questversion_change", args=[object_id]))

    @action(
        description=gettext_lazy("Start"), url_path="start", permissions=["start"], icon="flag",
        dialog=dialog(
            gettext_lazy("Start this quest"),
            gettext_lazy("Members begin with it from now on; whoever is on an earlier version goes on with that."),
            gettext_lazy("Start"),
        ),
    )  # fmt: skip
    def start(self, request: HttpRequest, form: StepForm, object_id: int) -> HttpResponse:
        def step(version: QuestVersion) -> None:
            publishing.start_quest(version=version, now=timezone.now(), by=request.user)  # type: ignore[arg-type]

        return self._step(request, object_id, form, step, _("%(version)s is open."))

    @action(
        description=gettext_lazy("Pause"), url_path="pause", permissions=["start"], icon="pause",
        dialog=dialog(
            gettext_lazy("Pause this quest"),
            gettext_lazy("Nobody begins until you resume it. Whoever has begun goes on: their time does too."),
            gettext_lazy("Pause"),
        ),
    )  # fmt: skip
    def pause(self, request: HttpRequest, form: StepForm, object_id: int) -> HttpResponse:
        def step(version: QuestVersion) -> None:
            publishing.pause_quest(version=version, now=timezone.now())

        return self._step(request, object_id, form, step, _("%(version)s rests."))

    @action(
        description=gettext_lazy("Resume"), url_path="resume", permissions=["start"], icon="play_arrow",
        dialog=dialog(
            gettext_lazy("Resume this quest"), gettext_lazy("Members begin again."), gettext_lazy("Resume")
        ),
    )  # fmt: skip
    def resume(self, request: HttpRequest, form: StepForm, object_id: int) -> HttpResponse:
        def step(version: QuestVersion) -> None:
            publishing.resume_quest(version=version, now=timezone.now())

        return self._step(request, object_id, form, step, _("%(version)s is open."))

    @action(
        description=gettext_lazy("End"), url_path="end", permissions=["start"], icon="stop",
        dialog=dialog(
            gettext_lazy("End this quest"),
            gettext_lazy("For everybody, also for members who are under way. Points already paid stay."),
            gettext_lazy("End"),
        ),
    )  # fmt: skip
    def end(self, request: HttpRequest, form: StepForm, object_id: int) -> HttpResponse:
        def step(version: QuestVersion) -> None:
            publishing.end_quest(version=version, now=timezone.now())

        return self._step(request, object_id, form, step, _("%(version)s has ended."))

    @action(
        description=gettext_lazy("Write the next version"), url_path="next", permissions=["start"], icon="edit",
        dialog=dialog(
            gettext_lazy("Write the next version"),
            gettext_lazy("A draft begins with these words; this version stays as it is until you start the next."),
            gettext_lazy("Begin"),
        ),
    )  # fmt: skip
    def next_version(self, request: HttpRequest, form: StepForm, object_id: int) -> HttpResponse:
        version = QuestVersion.objects.get(pk=object_id)
        draft = version.quest.versions.filter(state=QuestState.DRAFT).first()
        if draft is None:
            draft = publishing.save_draft(document=version.document, by=request.user)  # type: ignore[arg-type]
        return shown(request, reverse("admin:incentives_questversion_change", args=[draft.pk]))

    def has_start_permission(self, request: HttpRequest, *_args: object) -> bool:
        return request.user.has_perm("incentives.change_questversion")


@admin.register(QuestRun)
class QuestRunAdmin(Window[QuestRun]):
    """Who is on which quest, and how far."""

    list_display = ("member", "quest", "number", "state", "steps", "started_at", "due_at", "closed_at")
    list_filter = ("state", "quest")
    list_select_related = ("member", "version__quest", "quest")
    search_fields = ("member__ref", "quest__code")
    ordering = ("-id",)
    fields = ("member", "version", "state", "steps", "started_at", "due_at", "closed_at", "progress")

    @admin.display(description=gettext_lazy("version"))
    def number(self, run: QuestRun) -> int:
        return run.version.number

    @admin.display(description=gettext_lazy("steps"))
    def steps(self, run: QuestRun) -> str:
        done, of = done_of(run)
        return f"{done} / {of}"
