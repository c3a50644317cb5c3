"""Brings a need and somebody who can serve it together: proposed, agreed to by both, confirmed by both.

The helper is asked first and the asker chooses among those who would, so nobody learns who said no.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from members.domain.needs.people import CannotServe, check_person, check_sees
from members.domain.needs.telling import tell_asker, tell_both, tell_helpers
from members.domain.outcomes import NEED_CONFIRMED, NEED_FAILED, NEED_MATCHED, NEED_PROPOSED, NEED_REFUSED
from members.enums import CandidateState, NeedRole, NeedState
from members.models import Member, Need, NeedCandidate
from members.models.needs import CANDIDATES_MAX

# How long two who have found each other have to say whether it worked out.
CONFIRM_WITHIN = timedelta(days=30)


def propose(*, need_id: int, member: Member, now: datetime, by: str, is_own: bool = False) -> NeedCandidate:
    """Propose somebody who could serve a need; with `is_own` they offer themselves and need not be asked.

    At most three are proposed for a need. Raises CannotServe.
    """
    try:
        with transaction.atomic():
            need = _held(need_id)
            _check_open(need, now)
            if member.pk == need.asker_id:
                raise CannotServe("own_need", _("Nobody serves their own need."))
            for person in (need.asker, member):
                check_person(person)
            check_sees(need, member)
            free = _free_places(need)
            if not free:
                raise _full()
            made = NeedCandidate.objects.create(
                need=need, member=member, slot=free[0], proposed_by=by[:100], proposed_at=now,
                state=CandidateState.WILLING if is_own else CandidateState.ASKED, agreed_at=now if is_own else None,
            )  # fmt: skip
            if not is_own:
                tell_helpers(NEED_PROPOSED, need, [made], now=now)
    except IntegrityError as error:
        raise CannotServe("already_candidate", _("This member was proposed before.")) from error
    return made


def answer_helper(*, need_id: int, member_id: int, agrees: bool, now: datetime) -> NeedCandidate:
    """Take the answer of whoever was proposed. Repeating it changes nothing. Raises CannotServe."""
    with transaction.atomic():
        need = _held(need_id)
        found = _candidate(need, member_id)
        if found.state != CandidateState.ASKED:
            return found
        if not agrees:
            found.state = CandidateState.REFUSED
            tell_asker(NEED_REFUSED, need, now=now)
        else:
            check_person(found.member)
            found.state, found.agreed_at = CandidateState.WILLING, now
        found.save(update_fields=["state", "agreed_at"])
    return found


def answer_asker(*, need_id: int, member_id: int, agrees: bool, now: datetime) -> NeedCandidate:
    """Take the asker's answer about somebody who would help; a yes opens the contacts of the two to each other.

    Raises CannotServe.
    """
    with transaction.atomic():
        need = _held(need_id)
        found = _candidate(need, member_id)
        if found.state == CandidateState.ASKED:
            raise CannotServe("not_willing", _("This member has not said yet whether they would help."))
        if found.state != CandidateState.WILLING or need.state != NeedState.OPEN:
            return found
        if not agrees:
            found.state = CandidateState.DECLINED
            found.save(update_fields=["state"])
            return found
        _check_open(need, now)
        for person in (need.asker, found.member):
            check_person(person)
        found.state, found.matched_at = CandidateState.MATCHED, now
        found.save(update_fields=["state", "matched_at"])
        need.state, need.confirm_until = NeedState.MATCHED, now + CONFIRM_WITHIN
        need.save(update_fields=["state", "confirm_until"])
        tell_both(NEED_MATCHED, need, found, now=now)
    return found


def confirm(*, need_id: int, role: NeedRole, worked: bool, now: datetime) -> NeedCandidate:
    """One side says whether it worked out. With both sides' yes it is confirmed; a no opens the need for others again,
    as long as its time is not over. Repeating it changes nothing. Raises CannotServe.
    """
    with transaction.atomic():
        need = _held(need_id)
        found = need.candidates.filter(state__in=(CandidateState.MATCHED, CandidateState.CONFIRMED)).first()
        if found is None:
            raise CannotServe("not_matched", _("Nobody has been found for this need yet."))
        if found.state == CandidateState.CONFIRMED:
            return found
        if not worked:
            _fail(need, found, now)
            return found
        if role == NeedRole.ASKER:
            found.asker_confirmed_at = found.asker_confirmed_at or now
        else:
            found.helper_confirmed_at = found.helper_confirmed_at or now
        if found.asker_confirmed_at and found.helper_confirmed_at:
            for person in (need.asker, found.member):
                check_person(person)
            found.state = CandidateState.CONFIRMED
            need.state, need.closed_at = NeedState.CONFIRMED, now
            need.save(update_fields=["state", "closed_at"])
            tell_both(NEED_CONFIRMED, need, found, now=now)
            _close_others(need)
        found.save(update_fields=["state", "asker_confirmed_at", "helper_confirmed_at"])
    return found


def _fail(need: Need, found: NeedCandidate, now: datetime) -> None:
    found.state = CandidateState.FAILED
    found.save(update_fields=["state"])
    reopen(need)
    tell_asker(NEED_FAILED, need, now=now)
    tell_helpers(NEED_FAILED, need, [found], now=now)


def reopen(need: Need) -> None:
    """Let others serve a need again whose match came to nothing; the next run expires it if its time is over."""
    need.state, need.confirm_until = NeedState.OPEN, None
    need.save(update_fields=["state", "confirm_until"])


def _close_others(need: Need) -> None:
    waiting = (CandidateState.ASKED, CandidateState.WILLING)
    need.candidates.filter(state__in=waiting).update(state=CandidateState.CLOSED)


def _check_open(need: Need, now: datetime) -> None:
    """Raise CannotServe for a need that is closed, or will be as soon as somebody looks."""
    if need.state != NeedState.OPEN or need.until <= now:
        state = NeedState.EXPIRED.label if need.state == NeedState.OPEN else need.get_state_display()
        raise CannotServe("need_closed", _("This need is not open any more: %(state)s.") % {"state": state})


def _held(need_id: int) -> Need:
    """The need, its row held until the transaction ends. Raises CannotServe."""
    found = Need.objects.select_for_update(of=("self",)).select_related("asker").filter(pk=need_id).first()
    if found is None:
        raise CannotServe("unknown_need", _("There is no such need."))
    return found


def _candidate(need: Need, member_id: int) -> NeedCandidate:
    found = need.candidates.select_related("member").filter(member_id=member_id).first()
    if found is None:
        raise CannotServe("unknown_candidate", _("This member was not proposed for this need."))
    return found


def _free_places(need: Need) -> list[int]:
    """Places that nobody has had; who said no keeps theirs."""
    taken = set(need.candidates.values_list("slot", flat=True))
    return [slot for slot in range(1, CANDIDATES_MAX + 1) if slot not in taken]


def _full() -> CannotServe:
    return CannotServe("three_candidates", _("Three members were proposed for this need; there are never more."))
