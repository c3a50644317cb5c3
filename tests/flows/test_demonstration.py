"""The community of `make demo`: it fills, its books are right, and every page that shows it opens."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from activities.domain.orders import proof
from activities.domain.proposals import board
from activities.enums import ProposalState
from config.demo import filling
from incentives.domain.ledger.verify import verify
from members.domain import page_links
from members.models import Member

pytestmark = pytest.mark.django_db
OPEN = {200, 302, 403}  # Shown, led on, or not to be made or changed by hand.


class NoBar:
    def update(self, count: int = 1) -> None: ...
    def close(self) -> None: ...


@pytest.fixture
def community(settings, tmp_path, monkeypatch):
    """The demonstration, with as many people as its stories need, and fewer days."""
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(filling, "MEMBERS", 310)
    monkeypatch.setattr(filling, "DAYS", 12)
    return filling.fill(now=timezone.now(), progress=lambda *_: NoBar())


def test_every_page_of_it_opens_for_operators_and_members_and_the_books_are_right(community, subtests):
    operator = Client(raise_request_exception=False)
    operator.force_login(get_user_model().objects.get(username=community.operator))
    shown = 0
    for model in admin.site._registry:
        names = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        newest = model._default_manager.order_by("-pk").first()
        for page, args in (("changelist", []), ("add", []), ("change", [newest.pk] if newest is not None else None)):
            if args is None:
                continue
            with subtests.test(model=model._meta.label, page=page):
                try:
                    path = reverse(f"{names}_{page}", args=args)
                except NoReverseMatch:
                    continue
                assert operator.get(path).status_code in OPEN
                shown += 1
    assert shown > 100

    for ref in (community.member, "m0007", "m0030", "m0041", "m0042", "m0309"):
        member = Member.objects.filter(ref=ref).first() or Member.objects.get(user__username=ref)
        with subtests.test(member=ref):
            browser = Client()
            url, _ = page_links.make_page_link(member=member)
            browser.get(url)
            for language in ("en", "zh-hans"):
                browser.cookies["django_language"] = language
                assert browser.get("/me/").status_code == browser.get("/me/missing/").status_code == 200

    assert [each for each in (*verify(), *proof.verify()) if not each.holds] == []

    empty = [column.state for column in board.board(now=timezone.now()) if not column.count]
    assert empty == [ProposalState.WITHDRAWN], "the board shows every stage, and nobody has withdrawn"
