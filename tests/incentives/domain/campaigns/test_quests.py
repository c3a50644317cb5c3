"""A campaign's quests begin with it, are paid from its budget, and stop with it; who had begun may finish."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from incentives.domain.campaigns.advancing import advance_campaigns
from incentives.domain.campaigns.drafting import draft
from incentives.domain.campaigns.preview import preview_of
from incentives.domain.campaigns.stopping import kept_of, stop
from incentives.domain.ledger.verify import verify
from incentives.domain.quests import publishing
from incentives.domain.quests.closing import close_runs
from incentives.enums import CampaignState
from incentives.models import CampaignQuest, QuestRun, QuestVersion, RuleVersion
from members.domain.events.telling import tell_of
from members.models import Member, Segment
from tests import factories
from tests.incentives.domain.campaigns.worlds import START, answers, judge, points, running

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _world():
    factories.world()
    for ref in ("ada", "bo"):
        factories.MemberFactory(ref=ref, joined_at=START - 90 * DAY)
    yield
    assert [proof for proof in verify() if not proof.holds] == []


def plays(ref: str, moment, *, meets: int = 0, rounds: int = 1) -> None:
    """Somebody plays so many rounds and comes to know so many people."""
    member = Member.objects.get(ref=ref)
    for number in range(rounds):
        said = {"game": "idioms", "round": f"{moment:%d}-{number}", "right": True}
        tell_of("game.played", [(member.pk, said, moment)], now=moment)
    for number in range(meets):
        tell_of("connection.made", [(member.pk, {"known": number + 1}, moment)], now=moment)
    judge()


def together(**more):
    return running("know-each-other", **more)


def quest_state() -> str:
    return QuestVersion.objects.get().state


def rules() -> dict[str, str]:
    return dict(RuleVersion.objects.values_list("rule__code", "state"))


def test_the_preview_shows_the_quest_and_a_code_that_is_taken():
    audience = Segment.objects.create(code="regulars", kind="static")
    made = draft(template="know-each-other", answers=answers("know-each-other", audience=audience), by=None)

    (quest,) = preview_of(made, now=START).plan.quests
    publishing.save_draft(document={"code": "spring-quest", "steps": [{"code": "a", "when": "game.played"}]})

    assert (quest["code"], [step["count"] for step in quest["steps"]]) == ("spring-quest", [3, 2])
    assert (quest["audience"], quest["window"]) == (
        {"segment": "regulars"},
        {"from": "2026-07-01", "until": "2026-07-29"},
    )
    assert any("spring-quest already" in problem for problem in preview_of(made, now=START).problems)


def test_the_quest_begins_with_the_campaign_and_is_paid_from_its_budget():
    together(budget=Decimal(100))
    for ref in ("ada", "bo"):
        plays(ref, START + DAY, rounds=3, meets=2)

    assert (quest_state(), CampaignQuest.objects.get().quest.code) == ("live", "spring-quest")
    assert sorted(points(Member.objects.get(ref=ref))[0] for ref in ("ada", "bo")) == [40, 60]


def test_stopping_lets_nobody_begin_and_pays_whoever_finishes_in_time():
    campaign = together()
    plays("ada", START + DAY, rounds=3)
    before = kept_of(campaign, now=START + 2 * DAY)

    kept = stop(campaign_id=campaign.pk, reason="Too loud.", by=None, now=START + 2 * DAY)
    plays("bo", START + 3 * DAY, rounds=3, meets=2)
    advance_campaigns(now=START + 4 * DAY)
    plays("ada", START + 5 * DAY, meets=2)

    assert (before.enrolled, before.finish_by, before.told) == (1, START + 16 * DAY, 1)
    assert (kept.enrolled, kept.finish_by, kept.told) == (1, START + 16 * DAY, 1)
    assert (quest_state(), rules()["spring-met"], rules()["spring-friend"]) == ("paused", "live", "retired")
    assert [points(Member.objects.get(ref=ref))[0] for ref in ("ada", "bo")] == [60, 0]
    assert set(QuestRun.objects.values_list("member__ref", flat=True)) == {"ada"}


def test_after_its_day_it_is_over_once_whoever_looks_again():
    campaign = together()
    plays("ada", START + DAY, rounds=3)
    stop(campaign_id=campaign.pk, reason="Too loud.", by=None, now=START + 2 * DAY)
    for _twice in range(2):
        advance_campaigns(now=START + 17 * DAY)
        close_runs(now=START + 17 * DAY)
    plays("ada", START + 18 * DAY, meets=2)

    owned = CampaignQuest.objects.get()
    assert (owned.finish_by, owned.ended_at) == (START + 16 * DAY, START + 16 * DAY)
    assert (quest_state(), rules()["spring-met"]) == ("ended", "retired")
    assert (QuestRun.objects.get().state, points(Member.objects.get(ref="ada"))[0]) == ("expired", 0)


def test_nobody_has_more_time_than_the_quest_gave():
    campaign = together(ends_at=START + 5 * DAY)
    plays("ada", START + DAY)

    kept = stop(campaign_id=campaign.pk, reason="Too loud.", by=None, now=START + 2 * DAY)

    assert kept.finish_by == QuestRun.objects.get().due_at < START + 16 * DAY


def test_where_nobody_has_begun_everything_ends_at_once():
    campaign = together()

    kept = stop(campaign_id=campaign.pk, reason="Too loud.", by=None, now=START + 2 * DAY)

    assert (kept.enrolled, kept.finish_by, kept.told) == (0, None, 0)
    assert (quest_state(), set(rules().values())) == ("ended", {"retired"})


def test_at_its_end_nobody_begins_and_after_its_tail_the_quest_is_over():
    campaign = together()
    plays("ada", START + DAY)
    advance_campaigns(now=START + 29 * DAY)
    at_the_end = quest_state()
    advance_campaigns(now=START + 69 * DAY)

    campaign.refresh_from_db()
    assert (at_the_end, quest_state(), campaign.state) == ("paused", "ended", CampaignState.ENDED)
    assert set(rules().values()) == {"retired"}
