"""The admin as an operator meets it: a rule of their own, from nothing to a member who reads why."""

from __future__ import annotations

import pytest

from tests import factories
from tests.browser.eyes import entered, operating, shot

pytestmark = pytest.mark.browser

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


def test_a_rule_is_written_checked_published_and_pays(operator, server, community, chromium):
    page = operator
    page.goto(f"{server}/admin/incentives/ruleversion/add/")
    page.locator("[name=text]").fill(RULE.replace("words", "wrods"))
    page.locator("[name=_continue]").click()
    page.get_by_text("Did you mean event.data.words?").first.wait_for()
    shot(page, "admin-rule-mistake")

    page.locator("[name=text]").fill(RULE)
    page.locator("[name=_continue]").click()
    page.get_by_text("One event moves at most 7.").first.wait_for()
    page.get_by_role("link", name="Publish").click()
    page.get_by_text("evening-post v1 is live.").first.wait_for()
    shot(page, "admin-rule-live")

    from datetime import UTC, datetime

    factories.report(
        {"source": "forum", "id": "mine", "type": "content.published", "subject": "ada",
         "data": {"content_id": "x", "words": 60, "topic": "stories"}},
        now=datetime.now(UTC),
    )  # fmt: skip
    while factories.judge().events:
        pass
    member = entered(chromium, server, community)
    assert member.get_by_role("heading", name="An evening post").first.is_visible()


def test_a_broken_document_is_refused_with_its_place(operator, server, community):
    page = operator
    page.goto(f"{server}/admin/incentives/ruleversion/add/")
    page.locator("[name=text]").fill("code: x\nwhen: content.published\nthan: []\n")
    page.locator("[name=_save]").click()

    page.get_by_text("There is no than here. Did you mean then?").first.wait_for()


@pytest.mark.parametrize(
    "path",
    [
        "", "members/member/", "members/member/1/change/", "members/event/", "members/event/1/change/", "members/eventtype/add/",
        "members/apikey/add/", "members/counter/add/", "members/deadletter/", "members/ladder/1/change/", "members/rejection/",
        "incentives/ruleversion/", "incentives/journal/", "incentives/journal/1/change/", "incentives/entry/", "incentives/account/",
        "incentives/lot/", "incentives/hold/", "incentives/currency/1/change/", "incentives/badgegrant/", "incentives/judgement/",
        "incentives/sharedlimit/add/", "incentives/lookuptable/add/", "members/standing/", "members/source/add/",
    ],
)  # fmt: skip
def test_every_page_of_the_desk_opens(operator, server, community, path):
    answer = operator.goto(f"{server}/admin/{path}")

    assert answer.status == 200
    operator.wait_for_load_state("networkidle")
    assert operator.forbidden == []
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
