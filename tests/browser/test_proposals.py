"""The board of proposals in a real browser: by mouse, by keyboard, refused, and by two at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from playwright.sync_api import expect

from activities.domain.proposals import proposing
from activities.enums import ProposalState
from activities.models import Proposal
from members.models import Space
from tests import factories
from tests.browser.eyes import operating, overflow, shot, violations

pytestmark = [pytest.mark.browser, pytest.mark.any_database]
PHONE = {"width": 390, "height": 844}
LANGUAGES = ["en", "zh-hans"]


@pytest.fixture
def cards(community):
    """One of each stage that operators move, and one that was declined."""
    now = datetime.now(UTC)
    bo = factories.MemberFactory(ref="bo", display_name="Bo Roth")
    space = Space.objects.create(ref="circle", state="open")

    def propose(title, proposer, *steps, **more):
        made = proposing.propose(
            proposer=proposer, title=title, words="Words.", now=now - timedelta(days=5), space=space, **more
        )
        for to, said in steps:
            proposing.step(proposal_id=made.pk, to=ProposalState(to), now=now - timedelta(days=4), **said)
        return made

    evening = factories.announced(names={"en": "Sourdough, slowly", "zh-hans": "慢慢做酸面包"}, speaker=community)
    return {
        "new": propose("Binding books", community, guest="A bookbinder"),
        "asked": propose("Knots", community, speaker=bo),
        "ready": propose("Soldering", bo, ("accepted", {})),
        "dated": propose("Bread", community, ("accepted", {}), ("scheduled", {"activity": evening})),
        "no": propose("Selling", bo, ("declined", {"reason": "An advert."})),
    }


@pytest.fixture
def board(chromium, server, cards):
    def opened(language="en", **more):
        page = operating(chromium, server, **more)
        page.context.add_cookies([{"name": "django_language", "value": language, "url": server}])
        page.goto(f"{server}/admin/activities/proposal/board/")
        return page

    return opened


def card(page, proposal):
    return page.locator(f"#proposal-{proposal.pk}")


def column(page, state):
    return page.locator(f"section[data-column={state}]")


def said(page, tone):
    found = page.locator(f"#proposals-said[data-tone={tone}]")
    found.wait_for()
    return found.inner_text()


def state(proposal):
    return Proposal.objects.get(pk=proposal.pk).state


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_card_is_dragged_and_a_refused_one_is_back_where_it_was(board, cards, language):
    page = board(language)
    shot(page, f"proposals-{language}")
    assert violations(page) == []

    card(page, cards["new"]).drag_to(column(page, "talking"))
    column(page, "talking").locator(f"#proposal-{cards['new'].pk}").wait_for()
    assert said(page, "moved").startswith("Binding books: ")
    assert state(cards["new"]) == "talking"

    card(page, cards["asked"]).drag_to(column(page, "accepted"))
    words = said(page, "refused")
    assert "Knots" in words
    assert {"en": "The speaker has not agreed yet.", "zh-hans": "讲者"}[language] in words
    expect(column(page, "proposed").locator(f"#proposal-{cards['asked'].pk}")).to_be_visible()
    assert state(cards["asked"]) == "proposed"
    card(page, cards["dated"]).drag_to(column(page, "delivered"))
    page.get_by_text({"en": "Bread: It is delivered when", "zh-hans": "Bread:"}[language]).first.wait_for()
    assert state(cards["dated"]) == "scheduled"

    card(page, cards["new"]).drag_to(page.locator(".proposals-ended"))
    dialog = page.locator("#ask-declined")
    dialog.wait_for()
    assert violations(page) == []
    shot(page, f"proposals-decline-{language}")
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    assert state(cards["new"]) == "talking"
    card(page, cards["new"]).drag_to(page.locator(".proposals-ended"))
    dialog.locator("[name=reason]").fill("We had one in spring.")
    dialog.locator("[value=send]").click()
    page.locator(f".proposals-ended #proposal-{cards['new'].pk}").wait_for(state="attached")
    assert Proposal.objects.get(pk=cards["new"].pk).reason == "We had one in spring."
    assert page.problems == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_is_done_by_keyboard_on_a_narrow_page(board, cards, language):
    page = board(language, viewport=PHONE)
    assert overflow(page) == 0

    def pressed(proposal, to):
        """Open the card's menu and press a step, without a mouse."""
        card(page, proposal).locator("summary").focus()
        page.keyboard.press("Enter")
        button = card(page, proposal).locator(f"[data-to={to}]")
        button.wait_for()
        page.keyboard.press("Tab")
        while not button.evaluate("each => each === document.activeElement"):
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")

    card(page, cards["new"]).locator("summary").focus()
    page.keyboard.press("Enter")
    assert violations(page) == []
    shot(page, f"proposals-menu-{language}")
    page.keyboard.press("Escape")
    expect(card(page, cards["new"]).locator("details[open]")).to_have_count(0)

    pressed(cards["new"], "accepted")
    column(page, "accepted").locator(f"#proposal-{cards['new'].pk}").wait_for()
    # Whoever works by keyboard goes on from the card.
    focused = card(page, cards["new"]).locator("summary")
    expect(focused).to_be_focused()

    pressed(cards["new"], "scheduled")
    dialog = page.locator("#ask-scheduled")
    dialog.wait_for()
    assert violations(page) == []
    shot(page, f"proposals-date-{language}")
    dialog.locator("select").select_option(index=1)
    dialog.locator("[value=send]").focus()
    page.keyboard.press("Enter")
    column(page, "scheduled").locator(f"#proposal-{cards['new'].pk}").wait_for()
    assert Proposal.objects.get(pk=cards["new"].pk).activity.code == "evening"
    assert overflow(page) == 0
    assert page.problems == []


def test_the_second_of_two_operators_hears_what_happened_and_sees_the_card_where_it_is(chromium, server, board, cards):
    ines = get_user_model().objects.create_superuser("ines", "", "a long password", first_name="Ines")
    slow = board()
    fast = operating(chromium, server, "ines")
    fast.goto(f"{server}/admin/activities/proposal/board/")

    card(fast, cards["new"]).drag_to(column(fast, "accepted"))
    said(fast, "moved")
    card(slow, cards["new"]).drag_to(column(slow, "talking"))

    assert said(slow, "refused") == (
        f"Binding books: It is no longer proposed but accepted; look again. {ines.first_name} was faster."
    )
    expect(column(slow, "accepted").locator(f"#proposal-{cards['new'].pk}")).to_be_visible()
    assert state(cards["new"]) == "accepted"


def test_what_cannot_be_sent_is_said_and_the_card_stays(board, cards):
    page = board()
    page.context.set_offline(True)

    card(page, cards["new"]).drag_to(column(page, "talking"))

    assert "could not be sent" in said(page, "refused")
    expect(column(page, "proposed").locator(f"#proposal-{cards['new'].pk}")).to_be_visible()
    assert state(cards["new"]) == "proposed"
