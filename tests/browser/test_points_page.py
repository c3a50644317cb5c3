"""The points page as a member meets it, in a real browser."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from incentives.domain.ledger import keys, operations
from incentives.models import Currency, Journal
from members.domain.games.playing import open_round, take_turn
from members.domain.joining import Arrival, tell_joined
from members.domain.needs import posting, serving
from members.models import Game, GameTurn
from tests import factories
from tests.browser.eyes import bottom, entered, height, opened, overflow, shot, unfold, violations

pytestmark = [pytest.mark.browser, pytest.mark.any_database]
LOOKS = [
    (360, "dark", "zh-hans"),
    (390, "light", "en"),
    (390, "light", "zh-hans"),
    (1280, "light", "en"),
    (1280, "dark", "en"),
]


@pytest.fixture
def moved(community):
    """Ada spent some, got some back, was corrected, and had an award taken back."""
    points, now = Currency.objects.get(code="points"), datetime.now(UTC)
    for number, amount in enumerate((30, 25)):
        operations.spend(
            member_id=community.pk, currency=points, amount=amount, key=keys.of_request(f"s{number}", "x"), now=now,
            actor="forum shop",
        )  # fmt: skip
    operations.adjust(
        member_id=community.pk, currency=points, amount=1250, key=keys.of_request("a", "x"), now=now,
        reason="A prize for the winter riddle.", actor="operator 1",
    )  # fmt: skip
    award = Journal.objects.filter(member_id=community.pk, rule_code="good-post").order_by("-pk").first()
    operations.reverse(journal_id=award.pk, cause="the post was a copy", now=now, actor="operator 1")
    community.age_band = "adult"
    community.save()
    something_needed(community, now)
    return community


def something_needed(ada, now):
    """Ada is asked by Bo, would be helped by Bo, and has found Bo for something else."""
    bo = factories.MemberFactory(ref="bo", display_name="Bo Roth", age_band="adult", email="bo@example.org")
    until = now + timedelta(days=9)
    asked, _ = (posting.post(asker=bo, words=w, kind="tools", until=until, now=now) for w in ("A lens.", "A lamp."))
    serving.propose(need_id=asked.pk, member=ada, now=now, by="operator 1")
    for agrees in (None, True):
        own = posting.post(asker=ada, words="Who reads my guide?", kind="reading", until=until, now=now)
        serving.propose(need_id=own.pk, member=bo, now=now, by="member", is_own=True)
        if agrees:
            serving.answer_asker(need_id=own.pk, member_id=bo.pk, agrees=True, now=now)


@pytest.mark.parametrize(("width", "scheme", "language"), LOOKS)
def test_the_page_is_whole_and_accessible_everywhere(chromium, server, moved, width, scheme, language):
    moved.language = language
    moved.save()

    page = entered(chromium, server, moved, viewport={"width": width, "height": 844}, color_scheme=scheme)
    page.locator("details.lr-entry").first.locator("summary").click()

    expect(page.get_by_role("heading", name="Ada Lund")).to_be_visible()
    assert bottom(page, "#now") <= 844
    assert width > 400 or height(page) <= 4_000
    page.locator(".site-waits a[href='#needs']").click()
    expect(page.locator("#needs .site-said")).to_have_count(3)
    page.locator("#needs details summary").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans" if language == "zh-hans" else "en")
    unfold(page)
    assert overflow(page) == 0
    assert page.problems == []
    shot(page, f"points-{width}-{scheme}-{language}")
    assert violations(page) == []

    page.goto(f"{server}/me/missing/")
    page.locator("form select[name=event]").locator("xpath=ancestor::form").locator("button").click()
    page.locator(".site-cases > li").wait_for()
    assert overflow(page) == 0
    shot(page, f"missing-{width}-{scheme}-{language}")
    assert violations(page) == []

    jonas = factories.MemberFactory(ref="jonas", display_name="Jonas Weber", language=language)
    tell_joined([Arrival(jonas.pk, jonas.joined_at)], now=datetime.now(UTC))
    factories.judge()
    page = entered(chromium, server, jonas, viewport={"width": width, "height": 844}, color_scheme=scheme)
    expect(page.locator("#welcome .lr-steps > li")).to_have_count(6)
    assert overflow(page) == 0
    assert page.problems == []
    shot(page, f"newcomer-{width}-{scheme}-{language}")
    assert violations(page) == []


def test_what_waits_is_said_first_and_its_line_opens_what_is_folded(chromium, server, moved):
    page = entered(chromium, server, moved, viewport={"width": 390, "height": 844})

    assert bottom(page, "#now") <= 844
    expect(page.locator("#needs")).to_be_hidden()
    page.get_by_role("link", name="3 answers about needs").click()
    page.locator("#needs").get_by_role("button", name="Yes, I can help").wait_for()
    # The heading is not hidden under the bar.
    assert bottom(page, ".site-bar") <= page.locator("#needs-h").bounding_box()["y"]
    page.locator("#needs").get_by_role("button", name="Yes, I can help").click()
    said = page.get_by_role("status")
    expect(said).to_have_text("Thank you for your answer.")
    assert said.bounding_box()["y"] < 200
    expect(page.get_by_role("link", name="2 answers about needs")).to_have_count(1)


def test_a_member_goes_from_part_to_part_by_the_bar(chromium, server, moved):
    page = entered(chromium, server, moved, viewport={"width": 390, "height": 844})
    bar = page.get_by_role("navigation", name="On this page")

    for name, heading in (("Privileges", "privileges-h"), ("History", "history-h"), ("Me", "me-h")):
        bar.get_by_role("link", name=name).click()
        place = page.locator(f"#{heading}").bounding_box()["y"]
        assert bottom(page, ".site-bar") <= place < 844


def test_history_says_today_and_what_happened_and_why(chromium, server, moved):
    page = entered(chromium, server, moved, viewport={"width": 390, "height": 844})

    expect(page.locator(".lr-ledger__day").first).to_have_text("Today")
    lines = [
        [part.strip() for part in line.inner_text().split("\n") if part.strip()]
        for line in page.locator("details.lr-entry > summary").all()[:4]
    ]
    kinds = [line.get_attribute("data-kind") for line in page.locator("details.lr-entry").all()[:4]]
    assert kinds == ["reversed", "adjusted", "spent", "spent"]
    assert lines[0][0] == "Taken back: A good post"
    assert lines[1][:2] == ["Added by the team", "A prize for the winter riddle."]
    assert "+1,250" in lines[1]
    assert lines[2][:2] == ["Spent", "forum shop"]
    assert "−25" in lines[2]


def test_an_award_is_one_line_with_its_growth_and_its_limit(chromium, server, community):
    page = entered(chromium, server, community, viewport={"width": 390, "height": 844})
    line = page.locator("details.lr-entry").first

    assert line.locator(".lr-entry__why").inner_text().replace("\n", " ") == "+30 Growth 1 of 3 today"
    expect(page.locator("details.lr-entry")).to_have_count(5)
    line.locator("summary").click()
    assert line.locator("dl").inner_text().split() == ["Points", "+30", "Growth", "+30", "Points", "afterwards", "730"]


def test_why_is_told_in_words_where_the_line_stands(chromium, server, community):
    page = entered(chromium, server, community, viewport={"width": 390, "height": 844})
    line = page.locator("details.lr-entry").first
    line.locator("summary").click()
    line.get_by_role("link", name="Why this amount?").click()

    why = line.locator(".site-why")
    why.get_by_text("words at least 120").wait_for()
    expect(why.get_by_text("words: 930")).to_be_visible()
    expect(why.get_by_text("30 if topic is guides, else 15").first).to_be_visible()
    assert page.problems == []


def test_history_goes_on_where_it_stopped(chromium, server, community):
    page = entered(chromium, server, community, viewport={"width": 390, "height": 844})
    balances = ".lr-entry__amt small"
    page.get_by_role("link", name="Show earlier").click()
    page.locator("details.lr-entry").nth(9).wait_for()

    expect(page.locator("details.lr-entry")).to_have_count(10)
    amounts = [int(text.split(":")[-1]) for text in page.locator(balances).all_text_contents()]
    assert amounts == sorted(amounts, reverse=True)
    for seen in (15, 20, 22):
        page.get_by_role("link", name="Show earlier").click()
        page.locator("details.lr-entry").nth(seen - 1).wait_for()
    expect(page.get_by_role("link", name="Show earlier")).to_have_count(0)


def test_ways_to_earn_say_what_is_open_what_is_used_up_and_what_is_done(chromium, server, community):
    now = datetime.now(UTC)
    factories.rule(
        {
            "code": "gold-only", "name": {"en": "Golden words"}, "then": [factories.award(5)],
            "if": {"all": [{"expr": 'member.tier == "gold"', "why_not": {"en": "Only for gold members."}}]},
        },
        since=now - timedelta(days=300),
    )  # fmt: skip
    posts = [
        {"source": "forum", "id": f"more{n}", "type": "content.published", "subject": "ada",
         "data": {"content_id": f"m{n}", "words": 300, "topic": "guides"}}
        for n in range(2)
    ]  # fmt: skip
    factories.report(*posts, now=now)
    while factories.judge().events:
        pass
    page = entered(chromium, server, community, viewport={"width": 390, "height": 844})

    def way(name):
        return page.locator(".site-ways li").filter(has=page.get_by_role("heading", name=name))

    unfold(page)
    expect(way("Taking part")).to_have_attribute("data-state", "open")
    expect(way("A good post")).to_have_attribute("data-state", "used")
    expect(way("A good post").get_by_text("Open again tomorrow")).to_be_visible()
    expect(way("Golden words").get_by_text("Not for you yet: Only for gold members.")).to_be_visible()
    expect(way("Ten posts written")).to_have_attribute("data-state", "done")


def test_badges_are_medals_and_those_within_reach_show_how_far(chromium, server, community):
    page = entered(chromium, server, community, viewport={"width": 390, "height": 844})

    unfold(page)
    medals = page.locator(".lr-medal")
    assert medals.first.inner_text().startswith("Ten posts")
    assert medals.first.get_attribute("data-locked") is None
    locked = medals.filter(has_text="Appreciated by ten")
    expect(locked).to_have_attribute("data-locked", "")
    expect(locked.get_by_text("0 of 10")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_newcomer_finds_how_to_begin(chromium, server, community, scheme):
    bela = factories.MemberFactory(ref="bela")
    page = entered(chromium, server, bela, viewport={"width": 360, "height": 780}, color_scheme=scheme)

    expect(page.get_by_text("Your first points will show here")).to_be_visible()
    expect(page.get_by_text("Next tier: Bronze")).to_be_visible()
    unfold(page)
    expect(page.get_by_role("heading", name="Saying hello")).to_be_visible()
    assert overflow(page) == 0
    shot(page, f"newcomer-360-{scheme}")
    assert violations(page) == []


def test_an_empty_programme_has_words_too(chromium, committed_db, server, community):
    from incentives.domain import publishing
    from incentives.domain.notice import WithoutNotice
    from incentives.enums import Emergency
    from incentives.models import RuleVersion

    at_once = WithoutNotice(Emergency.MISTAKE, "A test.")
    for version in RuleVersion.objects.filter(state="live"):
        publishing.retire_rule(version=version, now=datetime.now(UTC), without_notice=at_once)
    page = entered(chromium, server, factories.MemberFactory(ref="bela"), viewport={"width": 390, "height": 844})

    expect(page.get_by_text("No way to earn is open right now")).to_be_visible()
    unfold(page)
    expect(page.get_by_text("No badges here yet")).to_be_visible()
    assert violations(page) == []


def test_the_page_works_without_javascript(chromium, server, community):
    page = entered(chromium, server, community, java_script_enabled=False)

    page.get_by_role("link", name="Show earlier").click()
    expect(page).to_have_url(re.compile("before="))
    expect(page.locator("details.lr-entry")).to_have_count(5)
    page.locator(".site-fold summary").filter(has_text="Badges").click()
    expect(page.locator(".lr-medal").first).to_be_visible()
    page.locator("details.lr-entry").first.locator("summary").click()
    page.get_by_role("link", name="Why this amount?").first.click()
    expect(page.get_by_role("heading", name="Why this amount?")).to_be_visible()
    page.get_by_role("link", name="Back to your points").click()
    page.get_by_role("searchbox").fill("good")
    page.get_by_role("searchbox").press("Enter")
    expect(page).to_have_url(re.compile("q=good"))
    page.wait_for_load_state()
    assert {text.strip() for text in page.locator(".lr-entry h4").all_inner_texts()} == {"A good post"}
    page.get_by_role("link", name="Spent", exact=True).click()
    expect(page.get_by_text("Nothing of this kind.")).to_be_visible()


def test_the_page_works_by_keyboard(chromium, server, community):
    page = entered(chromium, server, community, viewport={"width": 1280, "height": 900})

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "lr-skip"
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.lr-entry > summary')"):
            break
    page.keyboard.press("Enter")
    expect(page.locator("details.lr-entry").first).to_have_attribute("open", "")


def test_a_member_may_log_in_and_a_wrong_password_is_told_kindly(chromium, server, community):
    page = opened(chromium, viewport={"width": 390, "height": 844})
    page.goto(f"{server}/me/")
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    shot(page, "login-wrong")
    assert violations(page) == []

    page.get_by_label("Password").fill("a long password")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Ada Lund")).to_be_visible()


def test_the_page_speaks_chinese_at_the_press_of_a_button(chromium, server, community):
    page = entered(chromium, server, community, viewport={"width": 390, "height": 844})
    page.get_by_role("button", name="中文").click()

    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    expect(page.locator(".lr-entry h4").first).to_have_text("优质文章")
    expect(page.get_by_text("可用积分")).to_be_visible()
    expect(page.locator(".lr-ledger__day").first).to_have_text("今天")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_text("Points to spend")).to_be_visible()


def test_a_link_that_was_changed_opens_nothing(chromium, server, community):
    page = opened(chromium, viewport={"width": 390, "height": 844})

    answer = page.goto(f"{server}/enter/?t=forged:1:x")

    assert answer.status == 403
    expect(page.get_by_role("heading", name="This link is over")).to_be_visible()
    shot(page, "link-over")
    assert violations(page) == []
    page.goto(f"{server}/me/")
    assert "/login/" in page.url


def test_an_address_that_leads_nowhere_says_so_in_the_same_look(chromium, server, community):
    page = opened(chromium, viewport={"width": 390, "height": 844})

    assert page.goto(f"{server}/nowhere/").status == 404
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    assert violations(page) == []


def test_what_is_not_sure_yet_says_until_when(chromium, server, community):
    now = datetime.now(UTC)
    factories.rule(
        {"code": "slow", "name": {"en": "Slow and sure"}, "then": [factories.award(40, pending={"for": "7d"})]},
        since=now - timedelta(days=300),
    )
    factories.report(
        {"source": "forum", "id": "slow1", "type": "content.published", "subject": "ada",
         "data": {"content_id": "slow1", "words": 10, "topic": "news"}},
        now=now,
    )  # fmt: skip
    while factories.judge().events:
        pass
    page = entered(chromium, server, community, viewport={"width": 360, "height": 844})

    line = page.locator("details.lr-entry[data-kind=pending]")
    expect(line.get_by_role("heading", name="Slow and sure")).to_be_visible()
    expect(line).to_contain_text("pending, unlocks")
    expect(line).to_contain_text("+40")
    assert overflow(page) == 0
    page.get_by_role("link", name="Pending", exact=True).click()
    expect(page.locator("details.lr-entry")).to_have_count(1)
    assert violations(page) == []


@pytest.fixture
def playing_now(community):
    """An idiom chain that Bo, who lets himself be seen, has begun."""
    bo = factories.MemberFactory(ref="bo", display_name="Bo Roth")
    game, now = Game.objects.create(code="chain-of-today", kind="chain", names={"en": "Idiom chain"}), datetime.now(UTC)
    played = open_round(game=game, opening="一心一意", hours=9, host=bo, now=now)
    take_turn(public_id=str(played.public_id), member=bo, text="意气风发", now=now)
    return played


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_game_is_played_where_it_stands(chromium, server, community, playing_now, scheme):
    page = entered(chromium, server, community, viewport={"width": 390, "height": 844}, color_scheme=scheme)
    game = page.locator("#games")
    game.locator("summary").filter(has_text="Idiom chain").click()
    expect(game.get_by_text("意气风发")).to_be_visible()
    expect(game.get_by_text("Bo Roth").first).to_be_visible()

    game.get_by_label("An idiom that begins with 发").fill("大同小异")
    game.get_by_role("button", name="Take your turn").click()
    game.get_by_role("status").wait_for()
    expect(game.get_by_role("status")).to_contain_text("has to begin with the last character")
    expect(game.get_by_label("An idiom that begins with 发")).to_have_value("大同小异")
    assert violations(page) == []
    game.get_by_label("An idiom that begins with 发").fill("发扬光大")
    game.get_by_label("An idiom that begins with 发").press("Enter")
    game.get_by_text("Yours was the last one; somebody else is next.").wait_for()

    expect(game.get_by_role("status")).to_have_text("That is right. Well done.")
    expect(game.locator("[data-own]")).to_have_text("发扬光大 you")
    assert page.problems == []
    assert overflow(page) == 0
    shot(page, f"game-390-{scheme}")
    assert violations(page) == []


def test_a_game_is_played_without_javascript(chromium, server, community, playing_now):
    page = entered(chromium, server, community, java_script_enabled=False)

    page.locator("#games summary").click()
    page.get_by_label("An idiom that begins with 发").fill("word")
    page.get_by_role("button", name="Take your turn").click()
    expect(page.get_by_role("status")).to_have_text("An idiom has four Chinese characters; this is none.")
    page.get_by_label("An idiom that begins with 发").fill("发扬光大")
    page.get_by_role("button", name="Take your turn").click()

    expect(page.get_by_role("status")).to_have_text("That is right. Well done.")
    assert [turn.text for turn in GameTurn.objects.order_by("number")] == ["意气风发", "word", "发扬光大"]
