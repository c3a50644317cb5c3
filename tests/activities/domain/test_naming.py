"""Messages about activities say names, times and places, as the clock shows them there."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from django.utils import timezone

from activities.domain import registering
from activities.domain.proposals import proposing
from incentives.domain.program.messages import put_message
from incentives.domain.program.parts import Applied
from members.domain.notifications.writing import write_notifications
from members.domain.registry import registry
from members.models import Notification
from tests import factories

pytestmark = pytest.mark.django_db
MESSAGES = yaml.safe_load(Path("docs/examples/community/messages.yaml").read_text())
OURS = {code: said for code, said in MESSAGES.items() if said["when"].startswith(("activity.", "proposal."))}


@pytest.fixture
def _templates():
    applied = Applied()
    for code, said in OURS.items():
        put_message(code, said, applied)
    registry.forget()


def told(language="en"):
    write_notifications(now=timezone.now())
    return [(each.titles[language], each.texts[language]) for each in Notification.objects.order_by("pk")]


@pytest.mark.usefixtures("_templates")
def test_a_place_and_a_place_in_line_are_told_with_time_and_place():
    starts_at = datetime(2027, 1, 14, 17, 30, tzinfo=UTC)
    activity = factories.announced(
        starts_at=starts_at, capacity=1, zone="Europe/Berlin", names={"en": "Mending night", "zh-hans": "缝补之夜"}
    )
    for _ in range(2):
        registering.register(activity_id=activity.pk, member=factories.MemberFactory(), now=timezone.now())

    first, second = told()

    assert first == (
        "See you: Mending night",
        "14 Jan 2027, 18:30, The workshop. Your page has everything, and the way to cancel.",
    )
    assert second[0] == "Mending night: you are number 1 in line"
    assert told("zh-hans")[0] == (
        "到时见：缝补之夜",
        "2027年1月14日 18:30，The workshop。详情和取消方式都在你的页面上。",
    )


@pytest.mark.usefixtures("_templates")
def test_an_offer_says_until_when_to_the_minute():
    activity = factories.announced(capacity=1, offer_hours=2)
    first, _new = registering.register(activity_id=activity.pk, member=factories.MemberFactory(), now=timezone.now())
    registering.register(activity_id=activity.pk, member=factories.MemberFactory(), now=timezone.now())
    registering.cancel(registration_id=first.pk, now=timezone.now())

    title, text = told()[-1]

    assert title == "A place for you: An evening"
    assert f"{timezone.now():%Y}, " in text


@pytest.mark.usefixtures("_templates")
def test_a_proposal_is_called_by_its_title():
    ada, bo = factories.MemberFactory(), factories.MemberFactory()
    proposing.propose(proposer=ada, speaker=bo, title="Binding books", words="One each.", now=timezone.now())

    assert told()[0][0] == "Would you speak? Binding books"
