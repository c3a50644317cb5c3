"""What becomes of a member's first days, greetings and games when the member is erased, or is another member."""

from __future__ import annotations

from django.db.models import F

from members.models import GameRound, GameTurn, Greeter, Greeting, Member, Newcomer

_COLUMNS = ("rules_at", "hello_at", "ice_at", "connected_at", "active_at", "retained_at")


def forget(member: Member) -> None:
    """The times stay as numbers; greetings go, nobody greets any more, and what was said in games goes."""
    for greeting in Greeting.objects.filter(newcomer=member).select_related("greeter"):
        if greeting.closed_at is None:
            Greeter.objects.filter(pk=greeting.greeter_id).update(open_now=F("open_now") - 1)
        greeting.delete()
    Greeting.objects.filter(greeter__member=member).delete()
    Greeter.objects.filter(member=member).delete()
    # Last: a deletion is kept as well.
    Greeter.history.filter(member_id=member.pk).delete()
    GameTurn.objects.filter(member=member).update(text="")
    GameRound.objects.filter(host=member).update(host=None)


def join(survivor: Member, merged: Member) -> None:
    """The survivor did whatever either did, as early as either; turns and greetings go along."""
    _join_first_days(survivor, merged)
    _join_greetings(survivor, merged)
    GameTurn.objects.filter(member=merged).update(member=survivor)
    GameRound.objects.filter(host=merged).update(host=survivor)
    opened = [each.page_opened_at for each in (survivor, merged) if each.page_opened_at is not None]
    survivor.page_opened_at = min(opened, default=None)


def _join_first_days(survivor: Member, merged: Member) -> None:
    own, other = (Newcomer.objects.filter(pk=each.pk).first() for each in (survivor, merged))
    if other is None:
        return
    kept = own or Newcomer(member=survivor, joined_at=other.joined_at)
    kept.joined_at = min(kept.joined_at, other.joined_at)
    for column in _COLUMNS:
        moments = [each for each in (getattr(kept, column), getattr(other, column)) if each is not None]
        setattr(kept, column, min(moments, default=None))
    kept.save()
    other.delete()


def _join_greetings(survivor: Member, merged: Member) -> None:
    mine = Greeting.objects.filter(newcomer=survivor).exists()
    for greeting in Greeting.objects.filter(newcomer=merged).select_related("greeter"):
        is_own = greeting.greeter.member_id == survivor.pk
        if greeting.closed_at is None and (mine or is_own):
            Greeter.objects.filter(pk=greeting.greeter_id).update(open_now=F("open_now") - 1)
        greeting.delete()
        if not mine and not is_own:
            greeting.newcomer = survivor
            greeting.save(force_insert=True)
    greeter = Greeter.objects.filter(member=merged).first()
    if greeter is None:
        return
    own = Greeter.objects.filter(member=survivor).first()
    Greeting.objects.filter(greeter__member=merged, newcomer=survivor).delete()
    if own is None:
        greeter.member = survivor
        greeter.open_now = greeter.greetings.filter(closed_at__isnull=True).count()
        greeter.save()
        return
    greeter.greetings.update(greeter=own)
    greeter.delete()
    own.open_now = own.greetings.filter(closed_at__isnull=True).count()
    own.open_max = max(own.open_max, own.open_now)
    own.save()
