"""The admin as an operator meets it: a rule of their own, from nothing to a member who reads why."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from incentives.domain.missing import cases
from incentives.domain.missing.finding import Asked
from incentives.models import RuleVersion
from members.models import DeadLetter, Event, Work
from tests import factories
from tests.browser.eyes import entered, operating, overflow, shot, violations

pytestmark = [pytest.mark.browser, pytest.mark.any_database]

RULE = """\
code: evening-post
name: {en: An evening post}
when: content.published
if: event.data.words >= 50
then:
  - {do: award, currency: points, amount: 7}
limits:
  - {per: member, every: day, times: 1}
"""


def watched(page):
    """A page that keeps what its policy forbade in `page.forbidden`."""
    page.forbidden = []
    page.on(
        "console",
        lambda message: page.forbidden.append(message.text) if "Content Security Policy" in message.text else None,
    )
    return page


@pytest.fixture
def operator(chromium, server):
    return watched(operating(chromium, server))


def answered(page, verb):
    """Press the button of the dialog that a step has opened."""
    page.locator("#dialog").wait_for()
    page.locator("#dialog").get_by_role("button", name=verb).click()


def test_a_rule_is_written_with_a_mistake_mended_checked_published_pays_and_rests(
    operator, server, community, chromium
):
    page = operator
    page.goto(f"{server}/admin/incentives/ruleversion/add/")
    page.locator("[name=text]").fill(RULE.replace("words", "wrods"))
    page.get_by_text("Line 4, column 5:").wait_for()
    expect(page.locator(".desk-finding mark")).to_have_text("event.data.wrods")
    shot(page, "admin-rule-mistake")

    # Kept as it is, and told again where it is opened.
    page.locator("[name=_continue]").click()
    page.get_by_text("Kept. It cannot be published yet").first.wait_for()
    page.get_by_text("1 mistake keeps it from being published.").wait_for()
    page.get_by_role("link", name="Publish").click()
    answered(page, "Publish")
    page.get_by_text("has mistakes").first.wait_for()

    page.get_by_role("button", name="Use event.data.words").click()
    page.get_by_text("It holds and can be published.").wait_for()
    expect(page.locator("[name=text]")).to_have_value(re.compile("event.data.words >= 50"))
    expect(page.get_by_text("words at least 50")).to_be_visible()
    page.get_by_role("button", name="Check", exact=True).click()
    page.get_by_text("One event moves at most 7 points.").wait_for()
    page.locator("[name=_continue]").click()
    page.get_by_text("was changed successfully").first.wait_for()
    page.get_by_role("link", name="Publish").click()
    page.locator("#dialog [name=reason]").fill("Evenings are quiet.")
    shot(page, "admin-rule-publish")
    answered(page, "Publish")
    page.get_by_text("evening-post v1 is live.").first.wait_for()
    expect(page.get_by_text("published by operator").first).to_be_visible()
    shot(page, "admin-rule-live")

    factories.report(
        {"source": "forum", "id": "mine", "type": "content.published", "subject": "ada",
         "data": {"content_id": "x", "words": 60, "topic": "stories"}},
        now=datetime.now(UTC),
    )  # fmt: skip
    while factories.judge().events:
        pass
    member = entered(chromium, server, community)
    expect(member.get_by_role("heading", name="An evening post").first).to_be_visible()

    page.get_by_role("link", name="Pause").click()
    answered(page, "Pause")
    page.get_by_text("fraud or a mistake").first.wait_for()
    page.get_by_role("link", name="Pause").click()
    page.locator("#dialog [name=emergency]").select_option("mistake")
    page.locator("#dialog [name=reason]").fill("It pays what the other rule pays.")
    answered(page, "Pause")
    page.get_by_text("evening-post v1 rests.").first.wait_for()
    page.locator("a[href$='/history/']").click()
    expect(page.get_by_text("evening-post v1 is live. Evenings are quiet.")).to_be_visible()
    assert page.problems == []


def test_the_next_version_shows_how_it_differs(operator, server, community):
    page = operator
    live = RuleVersion.objects.get(rule__code="hello")
    page.goto(f"{server}/admin/incentives/ruleversion/{live.pk}/change/")
    page.get_by_role("link", name="Write the next version").click()
    answered(page, "Begin")
    page.get_by_text("hello v2").first.wait_for()
    text = page.locator("[name=text]")
    text.fill(text.input_value().replace("amount: 20", "amount: 25", 1))
    page.locator("[name=_continue]").click()

    page.get_by_role("heading", name="Against version 1").wait_for()
    assert page.locator("[data-sign='-']").all_inner_texts() == ["-   amount: 20\n"]
    assert page.locator("[data-sign='+']").all_inner_texts() == ["+   amount: 25\n"]
    shot(page, "admin-rule-next-version")


def test_a_document_that_cannot_be_kept_says_where(operator, server, community):
    page = operator
    page.goto(f"{server}/admin/incentives/ruleversion/add/")
    page.locator("[name=text]").fill("code: x\nwhen: content.published\nthan: []\n")
    page.locator("[name=_save]").click()

    page.get_by_text("This cannot be kept yet").first.wait_for()
    page.get_by_text("Line 3, column 1:").wait_for()
    page.get_by_text("There is no than here. Did you mean then?").first.wait_for()


def test_a_dead_letter_is_judged_again_after_the_mend(operator, server, community):
    event = Event.objects.filter(type__code="content.published").order_by("-pk").first()
    DeadLetter.objects.create(
        event=event, run=1, error="Traceback\nValueError: a table is missing", attempts=3, failed_at=datetime.now(UTC)
    )
    page = operator
    page.goto(f"{server}/admin/members/deadletter/")
    page.get_by_text("ValueError: a table is missing").wait_for()
    expect(page.locator("#nav-sidebar-apps").get_by_text("1", exact=True)).to_be_visible()
    page.goto(f"{server}/admin/members/deadletter/{event.pk}/change/")
    shot(page, "admin-dead-letter")
    page.get_by_role("link", name="Judge again").click()
    answered(page, "Judge again")
    page.get_by_text("1 event goes back to work.").first.wait_for()

    assert Work.objects.filter(event=event).exists()
    assert DeadLetter.objects.get().state == "replayed"


def test_a_member_is_understood_at_one_glance(operator, server, community):
    page = operator
    page.goto(f"{server}/admin/members/member/?q=ada")
    page.get_by_role("link", name="ada", exact=True).click()

    page.get_by_role("heading", name="Points and tier").wait_for()
    expect(page.get_by_text("A good post").first).to_be_visible()
    expect(page.get_by_text("1 of 3 today")).to_be_visible()
    page.get_by_role("link", name="why").first.click()
    page.get_by_role("heading", name="What became of it").wait_for()
    expect(page.get_by_text("words at least 120")).to_be_visible()
    expect(page.get_by_text("words was 930").first).to_be_visible()
    shot(page, "admin-event")


def test_the_start_page_leads_to_what_operators_do(operator, server, community):
    page = operator

    assert page.locator(".desk-contents h2").all_inner_texts() == [
        "People", "Growth", "First days", "Spaces and responsibilities", "Games of the day", "Activities", "Circles",
        "Contents and needs", "Standing", "Conduct", "Rules", "Quests", "Privileges", "Messages", "Points", "Operations", "Configuration", "Access",
    ]  # fmt: skip
    shot(page, "admin-index")
    assert violations(page) == []

    # What waits stands first: it is taken, noted, and gone when it is done.
    cases.open_case(
        member=community,
        asked=Asked(datetime.now(UTC)),
        text="I helped somebody.",
        now=datetime.now(UTC),
        actor="member",
    )
    page.goto(f"{server}/admin/")
    part = page.locator("#today-case")
    part.get_by_role("button", name="Take").click()
    expect(part.locator(".today-who")).to_have_text("operator")
    part.locator("summary").click()
    part.get_by_label("note").fill("Asked the forum.")
    part.get_by_role("button", name="Keep").click()
    expect(part.locator(".today-note")).to_have_text("Asked the forum.")
    part.locator("summary").click()
    shot(page, "admin-today")
    assert violations(page) == []
    page.get_by_role("link", name="Ada Lund").click()
    page.get_by_role("link", name="Answer").click()
    page.locator("#dialog [name=answer]").fill("Thank you for helping.")
    answered(page, "Answer")
    page.get_by_text("The member reads it on their page.").first.wait_for()
    shot(page, "admin-case")
    page.goto(f"{server}/admin/")
    expect(page.locator("#today-case")).to_have_count(0)


def test_the_desk_speaks_chinese_at_the_press_of_a_button(operator, server, community):
    page = operator
    page.context.add_cookies([{"name": "django_language", "value": "zh-hans", "url": server}])
    page.goto(f"{server}/admin/members/member/{community.pk}/change/")

    expect(page.get_by_role("heading", name="积分与等级")).to_be_visible()
    expect(page.get_by_text("优质文章").first).to_be_visible()
    shot(page, "admin-member.zh-hans")


PAGES = (
    "", "members/member/", "members/member/1/change/", "members/event/", "members/event/1/change/",
    "members/eventtype/add/", "members/apikey/add/", "members/counter/add/", "members/deadletter/",
    "members/ladder/1/change/", "members/rejection/", "incentives/ruleversion/", "incentives/journal/",
    "incentives/journal/1/change/", "incentives/entry/", "incentives/account/", "incentives/lot/",
    "incentives/hold/", "incentives/currency/1/change/", "incentives/badgegrant/", "incentives/judgement/",
    "incentives/sharedlimit/add/", "incentives/lookuptable/add/", "members/standing/", "members/source/add/",
    "members/content/", "members/need/",
    "incentives/pendingaward/", "members/member/1/history/", "auth/user/", "auth/user/add/", "auth/group/1/change/",
    "django_celery_beat/periodictask/", "members/growthwindow/", "incentives/campaign/",
    "incentives/campaign/add/", "incentives/campaign/add/?template=partner-season",
)  # fmt: skip


def test_every_page_of_the_desk_opens(operator, server, community):
    for path in PAGES:
        # On PostgreSQL the only member need not be the first that ever was.
        answer = operator.goto(f"{server}/admin/{path.replace('member/1/', f'member/{community.pk}/')}")

        assert answer.status == 200, path
        operator.wait_for_load_state("networkidle")
        assert (operator.forbidden, operator.problems) == ([], []), path
        # The theme's pair of lists of all permissions is as wide as it is.
        assert overflow(operator) == 0 or "group" in path, path
        if path in ("", "members/member/1/change/", "members/event/1/change/"):
            shot(operator, f"admin-{path.replace('/', '-') or 'index'}")


def test_adjusting_says_why_and_happens_once(operator, server, community):
    page = operator
    page.goto(f"{server}/admin/members/member/{community.pk}/adjust/")
    page.locator("[name=currency]").select_option(label="points")
    page.locator("[name=amount]").fill("25")
    page.locator("[name=reason]").fill("A prize for the winter riddle.")
    page.get_by_role("button", name="Adjust").click()

    page.get_by_text("Done. The balance is now 755.").first.wait_for()
    page.get_by_text("A prize for the winter riddle.").first.wait_for()


def test_the_documentation_of_the_api_opens_within_its_policy(chromium, server):
    page = watched(chromium.new_context(viewport={"width": 1280, "height": 900}).new_page())
    page.goto(f"{server}/api/docs/")

    page.locator(".opblock").first.wait_for()
    page.locator(".opblock-summary").first.click()
    page.locator(".opblock-body").first.wait_for()
    page.wait_for_load_state("networkidle")
    assert page.forbidden == []
    shot(page, "api-docs")
