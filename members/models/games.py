"""Games of the day: what is played, the rounds that hosts open, and members' turns."""

from __future__ import annotations

import uuid_utils.compat as uuid
from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from members.enums import GameKind
from members.models.member import Member


class Game(models.Model):
    """A game that a host can run. `words` are what a turn may say, one a line; empty for anything that fits."""

    code = models.CharField(
        _("code"), max_length=48, unique=True, validators=[RegexValidator(r"^[a-z0-9][a-z0-9-]*\Z")]
    )
    names = models.JSONField(_("names"), default=dict, help_text=_("By language, such as en and zh-hans."))
    kind = models.CharField(_("kind"), max_length=12, choices=GameKind)
    words = models.TextField(_("words"), blank=True, help_text=_("One a line; empty for anything that fits."))
    is_active = models.BooleanField(_("in use"), default=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("game")
        verbose_name_plural = _("games")
        ordering = ["code"]
        constraints = [models.CheckConstraint(condition=Q(kind__in=GameKind.values), name="game_kind_is_known")]

    def __str__(self) -> str:
        return self.code


class GameRound(models.Model):
    """A round of a game: what it begins with, who hosts it, and until when. One at a time of each game.

    `answers` are what ends it, kept from the players; empty where a game has no end of its own.
    """

    public_id = models.UUIDField(_("public id"), default=uuid.uuid7, unique=True, editable=False)
    game = models.ForeignKey(Game, on_delete=models.PROTECT, related_name="rounds", verbose_name=_("game"))
    host = models.ForeignKey(
        Member, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("host")
    )
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", editable=False,
        verbose_name=_("opened by"),
    )  # fmt: skip
    opening = models.CharField(_("begins with"), max_length=200)
    answers = models.JSONField(_("answers"), default=list, blank=True)
    opened_at = models.DateTimeField(_("opened at"))
    closes_at = models.DateTimeField(_("until"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, editable=False)

    class Meta:
        verbose_name = _("round")
        verbose_name_plural = _("rounds")
        constraints = [
            models.UniqueConstraint(
                fields=["game"], condition=Q(closed_at__isnull=True), name="one_round_of_a_game_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.game} {self.public_id}"


class GameTurn(models.Model):
    """What a member said in a round, and whether it was right; `why_not` names what was wrong with it."""

    id = models.BigAutoField(primary_key=True)
    round = models.ForeignKey(GameRound, on_delete=models.PROTECT, related_name="turns", verbose_name=_("round"))
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+", verbose_name=_("member"))
    number = models.PositiveIntegerField(_("turn"))
    text = models.CharField(_("words"), max_length=200)
    is_right = models.BooleanField(_("right"))
    why_not = models.CharField(_("why not"), max_length=24, blank=True)
    taken_at = models.DateTimeField(_("taken at"))

    class Meta:
        verbose_name = _("turn")
        verbose_name_plural = _("turns")
        constraints = [
            models.UniqueConstraint(fields=["round", "number"], name="turns_come_one_after_another"),
            models.CheckConstraint(
                condition=Q(is_right=True, why_not="") | (Q(is_right=False) & ~Q(why_not="")),
                name="a_wrong_turn_says_why",
            ),
        ]
        indexes = [models.Index(fields=["member", "-taken_at"], name="turns_of_member")]

    def __str__(self) -> str:
        return f"turn {self.number} of round {self.round_id}"
