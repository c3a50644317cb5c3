"""What a campaign may be made of, and what its preview says before it starts."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from incentives.domain.campaigns.drafting import BadCampaign, draft
from incentives.domain.campaigns.plans import plan_of
from incentives.domain.campaigns.preview import preview_of
from incentives.domain.campaigns.starting import start
from incentives.domain.campaigns.templates import templates
from incentives.domain.campaigns.words import BadLetter, check_letter
from incentives.models import Campaign, RuleVersion, SharedLimit
from members.domain.invitations import making
from members.domain.invitations.accepting import accept
from members.models import Referral, Segment, SegmentMember
from tests import factories
from tests.incentives.domain.campaigns.worlds import START, answers

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _world():
    factories.world()


@pytest.mark.parametrize(
    ("_case", "given", "field"),
    [
        ("code_in_capitals", {"code": "Spring"}, "code"),
        ("ends_before_it_begins", {"ends_at": START}, "ends_at"),
        ("longer_than_a_year", {"ends_at": START + timedelta(days=367)}, "ends_at"),
        ("no_budget", {"budget": Decimal(0)}, "budget"),
        ("finer_than_the_currency", {"budget": Decimal("0.5")}, "budget"),
        ("no_number", {"budget": Decimal("NaN")}, "budget"),
        ("all_of_it_hidden", {"reserve": Decimal(1000), "numbers": {"surprise": 5}}, "reserve"),
        ("hidden_without_a_reserve", {"numbers": {"surprise": 5}}, "reserve"),
        ("reserve_for_nothing", {"reserve": Decimal(50)}, "reserve"),
        ("reserve_too_small_for_one", {"reserve": Decimal(4), "numbers": {"surprise": 5}}, "reserve"),
        ("beyond_its_bounds", {"numbers": {"friends": 51}}, "friends"),
        ("an_unknown_number", {"numbers": {"foes": 1}}, "numbers"),
        ("pays_nothing", {"numbers": dict.fromkeys(("welcome", "per_friend", "task", "stay"), 0)}, "numbers"),
        ("no_name", {"names": {}}, "names"),
        ("message_with_an_unknown_placeholder", {"texts": {"en": "Until {end}."}, "titles": {"en": "x"}}, "texts"),
        ("message_in_one_language_only", {"texts": {"en": "Come."}}, "texts"),
        ("letter_with_a_reward", {"letter": {"en": "Come in, it earns you 20 points."}}, "letter"),
    ],
)  # fmt: skip
def test_a_draft_that_cannot_be_names_the_answer_to_mend_and_stores_nothing(_case, given, field):
    with pytest.raises(BadCampaign) as refused:
        draft(template="bring-friends", answers=answers(**given), by=None)

    assert refused.value.field == field
    assert str(refused.value).endswith((".", "it."))
    assert not Campaign.objects.exists()


def test_growth_is_not_handed_out_and_a_next_round_follows_one_that_has_begun():
    growth = factories.CurrencyFactory(code="growth", kind="qualifying")
    other = draft(template="bring-friends", answers=answers(code="other"), by=None)

    for given, field in (({"currency": growth}, "currency"), ({"template": "next-round"}, "follows")):
        with pytest.raises(BadCampaign) as refused:
            template = given.pop("template", "bring-friends")
            draft(template=template, answers=answers(template, **given), by=None)
        assert refused.value.field == field
    with pytest.raises(BadCampaign, match="has begun"):
        draft(template="next-round", answers=answers("next-round", follows=other), by=None)


def test_a_draft_may_be_answered_anew_and_what_has_begun_may_not():
    factories.MemberFactory()
    made = draft(template="bring-friends", answers=answers(), by=None)
    draft(template="bring-friends", answers=answers(budget=Decimal(500)), by=None, campaign_id=made.pk)
    start(campaign_id=made.pk, by=None, now=START)

    with pytest.raises(BadCampaign, match="make another"):
        draft(template="bring-friends", answers=answers(budget=Decimal(900)), by=None, campaign_id=made.pk)

    assert Campaign.objects.get().budget == 500


@pytest.mark.parametrize(
    ("_case", "text", "is_fine"),
    [
        ("why_one_likes_it", "Come in with my code and say hello; three of us answer at once.", True),
        ("a_word_that_only_begins_alike", "Learning and early mornings: we talk about 2026.", True),
        ("the_currency", "A hundred Points for you!", False),
        ("the_amount", "Get 20 when you come.", False),
        ("money", "It is worth €5.", False),
        ("money_in_chinese", "加入就送5元。", False),
        ("reward_in_chinese", "加入就有奖励。", False),
        ("currency_in_chinese", "送您积分。", False),
        ("earning", "See what you are earning here.", False),
    ],
)
def test_a_letter_prints_no_reward(_case, text, is_fine):
    if is_fine:
        check_letter({"en": text}, {20, 100})
    else:
        with pytest.raises(BadLetter, match="Take out"):
            check_letter({"en": "Come in.", "zh-hans": text}, {20, 100})


@pytest.mark.parametrize("code", sorted(templates()))
def test_every_template_comes_to_rules_that_hold_within_one_budget(code):
    factories.MemberFactory(joined_at=START - DAY)
    before = draft(template="bring-friends", answers=answers(code="before"), by=None)
    before = start(campaign_id=before.pk, by=None, now=START)
    follows = before if templates()[code].follows else None
    given = answers(code, follows=follows, reserve=Decimal(50), numbers={"surprise": 10})

    made = draft(template=code, answers=given, by=None)
    seen = preview_of(made, now=START)

    assert (seen.problems, seen.audience, seen.most) == ([], 1, 1000)
    assert {rule.slot for rule in seen.rules} >= {"attract", "induce", "hidden"}
    assert all(rule.reads for rule in seen.rules)
    limits = [rule.document["limits"][0] for rule in plan_of(made).rules]
    assert set(limits) == {"spring-budget"}
    for words in (made.titles, made.texts, made.letter, made.names):
        assert words["en"]
    assert not RuleVersion.objects.filter(rule__code__startswith="spring").exists()
    assert not SharedLimit.objects.filter(code__startswith="spring").exists()


def test_the_preview_counts_its_audience_and_expects_what_came_to_pass_before():
    writers = Segment.objects.create(code="writers")
    ada, bo = (factories.MemberFactory(joined_at=START - 300 * DAY) for _ in range(2))
    factories.MemberFactory(joined_at=START - 300 * DAY, is_house=True)
    SegmentMember.objects.create(segment=writers, member=ada, since=START)
    # In ninety days two members brought nine, and six of those broke the ice.
    for number in range(9):
        code = making.invite(inviter=bo, now=START - 80 * DAY).code
        guest = accept(code=code, ref=f"g{number}", now=START - timedelta(days=80, hours=number)).referral
        if number < 6:
            Referral.objects.filter(pk=guest.pk).update(broke_ice_at=START - 79 * DAY)
    made = draft(
        template="bring-friends", answers=answers(audience=writers, ends_at=START + 45 * DAY), by=None
    )  # fmt: skip

    seen = preview_of(made, now=START)

    # One member, half as long: 6 × (1 / 11 members) × (45 / 90 days); burst guests are counted until they are rejected.
    times = {line.code: line.times for line in seen.lines}
    assert seen.audience == 1
    assert times["spring-welcome"] == times["spring-friend"] == Decimal("0.3")
    assert seen.expected == sum(line.cost for line in seen.lines)
    Referral.objects.all().delete()
    assert preview_of(made, now=START).expected is None
