"""Opens rounds, takes turns, closes rounds. A turn happens once, and is told in the transaction that takes it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from members.domain.events.telling import tell
from members.domain.games.checking import BadOpening, Table, Verdict, check_opening, check_turn, plain
from members.domain.outcomes import GAME_PLAYED
from members.domain.statuses import rights_of
from members.models import Game, GameRound, GameTurn, Member

HOURS_MAX, TURNS_MAX, TURNS_OF_ONE_MAX, ANSWERS_MAX = 168, 5_000, 50, 20


class CannotPlay(Exception):
    """Why a round cannot be opened, or a turn not be taken; `kind` names the reason, the message says it."""

    def __init__(self, kind: str, sentence: str) -> None:
        super().__init__(sentence)
        self.kind, self.sentence = kind, sentence


def open_round(
    *,
    game: Game,
    opening: str,
    now: datetime,
    answers: Sequence[str] = (),
    hours: int | None = None,
    host: Member | None = None,
    by: AbstractBaseUser | None = None,
) -> GameRound:
    """Open a round, for a number of hours or until it is closed. Raises CannotPlay."""
    if not game.is_active:
        raise CannotPlay("not_in_use", _("This game is not in use."))
    if host is not None:
        _check_player(host)
    try:
        check_opening(game.kind, _table(game, opening, answers, ()))
    except BadOpening as error:
        raise CannotPlay("bad_opening", str(error)) from error
    close_late(now=now)
    try:
        with transaction.atomic():
            return GameRound.objects.create(
                game=game, opening=opening, answers=list(answers), host=host, opened_at=now,
                opened_by_id=by.pk if by is not None else None,
                closes_at=now + timedelta(hours=hours) if hours is not None else None,
            )  # fmt: skip
    except IntegrityError as error:
        raise CannotPlay("round_open", _("A round of this game is open; close it first.")) from error


def take_turn(*, public_id: str, member: Member, text: str, now: datetime) -> tuple[GameTurn, bool]:
    """Take a member's turn in a round, right or wrong, and tell it; the second value says whether it was now.

    Whoever says again what they have just said, with nobody between, gets the turn that is there. Raises CannotPlay.
    """
    _check_player(member)
    with transaction.atomic():
        # One turn after another: the next one is checked against this.
        played = GameRound.objects.select_for_update(of=("self",)).select_related("game").filter(public_id=public_id)
        found = played.first()
        if found is None:
            raise CannotPlay("unknown_round", _("There is no such round."))
        last = found.turns.order_by("-number").first()
        if last is not None and (last.member_id, last.text) == (member.pk, text):
            return last, False
        if found.closed_at is not None or (found.closes_at is not None and found.closes_at <= now):
            raise CannotPlay("round_closed", _("This round is over."))
        turns = list(found.turns.order_by("number").values_list("member_id", "text", "is_right"))
        right = [(member_id, said) for member_id, said, is_right in turns if is_right]
        if len(turns) >= TURNS_MAX or sum(pk == member.pk for pk, *_rest in turns) >= TURNS_OF_ONE_MAX:
            raise CannotPlay("too_many_turns", _("Enough turns were taken; leave some to the others."))
        if right and right[-1][0] == member.pk:
            raise CannotPlay("not_your_turn", _("Yours was the last one; somebody else is next."))
        table = _table(found.game, found.opening, found.answers, [said for _pk, said in right])
        verdict = check_turn(found.game.kind, text, table)
        made = _take(found, member, text, verdict, number=len(turns) + 1, now=now)
        if verdict.ends:
            found.closed_at = now
            found.save(update_fields=["closed_at"])
    return made, True


def close_round(*, public_id: str, now: datetime) -> GameRound:
    """End a round; one that has ended stays as it is. Raises CannotPlay."""
    with transaction.atomic():
        found = GameRound.objects.select_for_update().filter(public_id=public_id).first()
        if found is None:
            raise CannotPlay("unknown_round", _("There is no such round."))
        if found.closed_at is None:
            found.closed_at = now if found.closes_at is None else min(now, found.closes_at)
            found.save(update_fields=["closed_at"])
    return found


def close_late(*, now: datetime) -> int:
    """Close rounds whose time is up; return how many."""
    late = GameRound.objects.filter(closed_at__isnull=True, closes_at__lte=now)
    return sum(bool(close_round(public_id=str(each.public_id), now=now)) for each in late)


def _check_player(member: Member) -> None:
    if not rights_of(member.status).earn:
        raise CannotPlay("not_active", _("Only active members play."))


def _table(game: Game, opening: str, answers: Sequence[str], said: Sequence[str]) -> Table:
    words = frozenset(plain(word) for word in game.words.splitlines() if word.strip())
    return Table(opening, said, answers, words)


def _take(found: GameRound, member: Member, text: str, verdict: Verdict, *, number: int, now: datetime) -> GameTurn:
    made = GameTurn.objects.create(
        round=found, member=member, number=number, text=text, is_right=not verdict.why_not, why_not=verdict.why_not,
        taken_at=now,
    )  # fmt: skip
    said = {"game": found.game.code, "round": str(found.public_id), "right": made.is_right}
    tell(GAME_PLAYED, [(member.pk, said)], now=now)
    return made
