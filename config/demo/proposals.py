"""What members proposed to share, for a first look at the board: some of it at each stage, one with a guest, one no."""

from __future__ import annotations

from datetime import datetime, timedelta

from activities.domain.proposals import proposing
from activities.enums import ProposalState
from activities.models import Activity, Proposal
from members.models import Member

TALKING, ACCEPTED = ProposalState.TALKING, ProposalState.ACCEPTED
SCHEDULED, DECLINED = ProposalState.SCHEDULED, ProposalState.DECLINED
BY = "operator 1"
# What stood behind activities that have a date: it is delivered when their books are closed.
BEHIND = {
    "first-film-roll": (
        "Your first roll of film",
        "Load it, spoil it, learn from it: one roll each, developed together.",
    ),
    "year-in-ten-pictures": ("The year in ten pictures", "Ten of us, ten pictures, ten minutes each. I will ask them."),
}


def behind(activity: Activity, people: list[Member], number: int, now: datetime) -> None:
    """Propose an activity and take it to its date, if a proposal stood behind it; `now` is before it was announced."""
    if activity.code not in BEHIND:
        return
    title, words = BEHIND[activity.code]
    made = proposing.propose(
        proposer=people[(11 * number + 5) % len(people)], title=title, words=words, now=now - timedelta(days=6)
    )
    for days, to in ((5, TALKING), (2, ACCEPTED), (0, SCHEDULED)):
        _to(made, to, now - timedelta(days=days), activity=activity if to == SCHEDULED else None)


def fill(people: list[Member], now: datetime) -> None:
    """Proposals that wait for somebody: to be read, for a speaker's answer, to be talked about, for a date."""
    soup = _proposed(
        people[14], "Soup from what is left", "What the market throws away by six, in one pot.", now, days=1
    )
    assert soup.agreed_at is not None, "whoever proposes themselves has agreed"
    proposing.propose(
        proposer=people[22], title="An evening with a lighthouse keeper", guest="A keeper of forty years",
        words="She has kept a light for forty years and tells it well. I would bring her.", now=now - timedelta(days=2),
    )  # fmt: skip
    proposing.propose(
        proposer=people[9], speaker=people[27], title="How to read a contract", now=now - timedelta(hours=9),
        words="He explains it so that one dares to ask. I asked him whether he would.",
    )  # fmt: skip
    bees = _proposed(people[33], "Bees on a roof", "A year with two hives, and honey to taste.", now, days=8)
    _to(bees, TALKING, now - timedelta(days=5))
    songs = _proposed(
        people[18], "Songs of our grandmothers", "Everybody brings one, nobody has to sing.", now, days=12
    )
    _to(songs, TALKING, now - timedelta(days=10))
    _to(songs, ACCEPTED, now - timedelta(days=3))
    course = _proposed(people[40], "My online course", "Everything about my course, with a discount.", now, days=15)
    _to(
        course,
        DECLINED,
        now - timedelta(days=14),
        reason="It sells something. Share what you know, and you are welcome.",
    )


def _proposed(proposer: Member, title: str, words: str, now: datetime, *, days: int) -> Proposal:
    return proposing.propose(proposer=proposer, title=title, words=words, now=now - timedelta(days=days))


def _to(
    made: Proposal, to: ProposalState, now: datetime, *, reason: str = "", activity: Activity | None = None
) -> None:
    proposing.step(proposal_id=made.pk, to=to, now=now, by=BY, reason=reason, activity=activity)
