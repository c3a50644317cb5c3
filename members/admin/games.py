"""Games of the day, as hosts run them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextareaWidget

from members.admin.base import Plain, Remembered, WhyForm, Window
from members.domain.games import playing
from members.domain.games.checking import BadOpening, Table, check_opening, plain
from members.domain.texts import text_in
from members.models import Game, GameRound, GameTurn


class GameForm(WhyForm):
    class Meta:
        model = Game
        fields = ["code", "names", "kind", "words", "is_active"]


@admin.register(Game)
class GameAdmin(Remembered[Game]):
    form = GameForm
    list_display = ("code", "name", "kind", "is_active")
    search_fields = ("code",)

    @admin.display(description=gettext_lazy("name"))
    def name(self, game: Game) -> str:
        return text_in(game.names, get_language() or "en", game.code)

    def has_delete_permission(self, *_args: object) -> bool:
        """It was played; it is taken out of use instead."""
        return False


class RoundForm(forms.ModelForm[GameRound]):
    answers_text = forms.CharField(
        label=gettext_lazy("Answers"), required=False, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=gettext_lazy("For a line to guess: one spelling a line. Players do not see them."),
    )  # fmt: skip
    hours = forms.IntegerField(
        label=gettext_lazy("Open for hours"),
        required=False,
        min_value=1,
        max_value=playing.HOURS_MAX,
        initial=24,
        widget=UnfoldAdminIntegerFieldWidget,
    )

    class Meta:
        model = GameRound
        fields = ["game", "opening", "host"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        answers = [line.strip() for line in cleaned.get("answers_text", "").splitlines() if line.strip()]
        cleaned["answers"] = answers[: playing.ANSWERS_MAX]
        game = cleaned.get("game")
        if game is not None and "opening" in cleaned:
            words = frozenset(plain(word) for word in game.words.splitlines() if word.strip())
            try:
                check_opening(game.kind, Table(cleaned["opening"], (), answers, words))
            except BadOpening as error:
                raise forms.ValidationError(str(error)) from error
        return cleaned


@admin.register(GameRound)
class GameRoundAdmin(Plain[GameRound]):
    """A host opens a round here, or an app does; its turns are only looked at."""

    form = RoundForm
    list_display = ("game", "opening", "host", "opened_at", "closes_at", "closed_at", "turns", "players")
    list_filter = ("game",)
    list_select_related = ("game", "host")
    raw_id_fields = ("host",)
    ordering = ("-id",)
    actions = ("close",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[GameRound]:
        found: QuerySet[GameRound] = super().get_queryset(request)
        return found.annotate(
            turn_count=Count("turns", filter=Q(turns__is_right=True)),
            player_count=Count("turns__member", distinct=True),
        )

    @admin.display(description=gettext_lazy("right turns"))
    def turns(self, played: Any) -> int:
        return int(played.turn_count)

    @admin.display(description=gettext_lazy("players"))
    def players(self, played: Any) -> int:
        return int(played.player_count)

    def has_change_permission(self, request: HttpRequest, obj: GameRound | None = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, *_args: object) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: GameRound, form: Any, change: bool) -> None:  # noqa: FBT001
        given = form.cleaned_data
        try:
            made = playing.open_round(
                game=given["game"], opening=given["opening"], answers=given["answers"], hours=given["hours"],
                host=given["host"], by=request.user, now=timezone.now(),  # type: ignore[arg-type]
            )  # fmt: skip
        except playing.CannotPlay as error:
            messages.error(request, error.sentence)
        else:
            obj.pk = made.pk

    @admin.action(description=gettext_lazy("End selected rounds"), permissions=["change"])
    def close(self, request: HttpRequest, rounds: QuerySet[GameRound]) -> None:
        for played in rounds:
            playing.close_round(public_id=str(played.public_id), now=timezone.now())
        messages.success(request, _("%(count)d rounds are over.") % {"count": len(rounds)})


@admin.register(GameTurn)
class GameTurnAdmin(Window[GameTurn]):
    list_display = ("round", "number", "member", "text", "is_right", "why_not", "taken_at")
    list_filter = ("is_right", "round__game")
    list_select_related = ("round__game", "member")
    search_fields = ("member__ref",)
    ordering = ("-id",)
