"""What a test of a page looks with."""

from __future__ import annotations

from pathlib import Path

from members.domain.page_links import make_page_link
from members.models import Member

SHOTS = Path("build/screenshots")


def violations(page) -> list[str]:
    """What axe finds to be serious or critical."""
    from axe_playwright_python.sync_playwright import Axe

    page.wait_for_load_state()
    found = Axe().run(page).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html'][:160]}" for v in found if v["impact"] in ("serious", "critical")]


def overflow(page) -> int:
    """How many pixels the page is wider than its window."""
    page.wait_for_load_state()
    width: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return width


def height(page) -> int:
    """How many pixels the page is long."""
    pixels: int = page.evaluate("document.documentElement.scrollHeight")
    return pixels


def bottom(page, selector: str) -> float:
    """Where something ends, from the top of the window."""
    box = page.locator(selector).bounding_box()
    return float(box["y"] + box["height"])


def unfold(page) -> None:
    """Open whatever is folded."""
    page.evaluate("document.querySelectorAll('main details').forEach(each => { each.open = true })")


def shot(page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)


def opened(browser, **options):
    """A page that remembers what it complains about."""
    page = browser.new_context(**options).new_page()
    page.problems = []
    page.on("console", lambda message: page.problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    return page


def entered(browser, server, member: Member, **options):
    """The points page, entered by a signed link."""
    page = opened(browser, **options)
    token = make_page_link(member=member)[0].partition("?")[2]
    page.goto(f"{server}/enter/?{token}")
    return page


def operating(browser, server, name: str = "operator", **options):
    """The admin's start page, after logging in."""
    page = opened(browser, **{"viewport": {"width": 1280, "height": 900}, **options})
    page.goto(f"{server}/admin/login/")
    page.locator("[name=username]").fill(name)
    page.locator("[name=password]").fill("a long password")
    page.locator("[type=submit]").first.click()
    page.wait_for_url(f"{server}/admin/")
    return page
