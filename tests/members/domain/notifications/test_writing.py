"""Whom events are told to, in which words, and that they are told once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from incentives.domain.erasing import erase
from incentives.domain.merging import merge
from members.domain.notifications import inbox
from members.domain.notifications.templates import BadTemplate, check_template
from members.domain.notifications.writing import write_notifications
from members.domain.registry import registry
from members.enums import MemberStatus
from members.models import Event, EventType, MessageTemplate, Notification, NotificationWork
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _world():
    factories.world()


@pytest.fixture
def ada():
    return factories.MemberFactory(ref="ada", display_name="Ada", joined_at=NOON - timedelta(days=90))


def template(code="posted", when="content.published", **values) -> MessageTemplate:
    words = {
        "titles": {"en": "Thank you, {name}", "zh-hans": "谢谢，{name}"},
        "texts": {"en": "{words} words.", "zh-hans": "{words} 字。"},
    }
    made = MessageTemplate.objects.create(code=code, event_type=EventType.objects.get(code=when), **{**words, **values})
    registry.forget()
    registry.refresh()
    return made


def post(number, ref="ada", now=NOON, **more):
    factories.report(item(f"e{number}", ref, time=now.isoformat(), **more), now=now)


def told(member=None):
    found = Notification.objects.order_by("pk")
    return [each.texts["en"] for each in (found.filter(member=member) if member is not None else found)]


def test_an_event_is_told_once_in_every_language_however_often_the_job_runs(ada):
    template()
    post(1, data={"content_id": "c", "words": 1500})
    post(1, data={"content_id": "c", "words": 1500})

    counts = [write_notifications(now=NOON) for _ in range(2)]

    (made,) = Notification.objects.all()
    assert counts == [1, 0]
    assert (made.titles["en"], made.texts) == ("Thank you, Ada", {"en": "1,500 words.", "zh-hans": "1,500 字。"})
    assert NotificationWork.objects.count() == 0


def test_nothing_is_filed_where_no_template_listens_or_the_event_is_no_news(ada):
    post(1)
    made = template()
    factories.report(item("e2", "ada", time=(NOON - timedelta(days=8)).isoformat()), now=NOON)
    MessageTemplate.objects.update(is_active=False)
    registry.forget()
    post(3)
    assert NotificationWork.objects.count() == 0

    made.save()
    registry.forget()
    post(4)

    assert write_notifications(now=NOON) == 1
    assert Notification.objects.get().event_id == Event.objects.get(key__external_id="e4").pk


def test_a_condition_chooses_by_the_event_and_the_member(ada):
    template("long", condition='event.data.words >= 800 && member.tier == "none"')
    template("verified", condition="member.verified")
    for number, words in enumerate((799, 800)):
        post(number, data={"content_id": "c", "words": words})

    write_notifications(now=NOON)

    assert told() == ["800 words."]


@pytest.mark.parametrize("who", ["house", MemberStatus.BANNED, MemberStatus.LEFT, MemberStatus.SUSPENDED])
def test_house_accounts_and_whoever_is_banned_or_gone_is_told_nothing(ada, who):
    template()
    post(1)
    ada.is_house, ada.status = who == "house", MemberStatus.ACTIVE if who == "house" else who
    ada.save()

    assert write_notifications(now=NOON) == (1 if who == MemberStatus.SUSPENDED else 0)
    assert NotificationWork.objects.count() == 0


def test_promotions_wait_for_the_morning_are_rare_and_can_be_switched_off(ada):
    ada.time_zone = "Asia/Shanghai"
    ada.save()
    template(kind="promotion")
    night = datetime(2026, 11, 24, 15, tzinfo=UTC)
    for day in range(5):
        moment = night + timedelta(days=day)
        post(f"{day}a", now=moment)
        post(f"{day}b", now=moment)
        write_notifications(now=moment)

    shown = [each.shown_at for each in Notification.objects.order_by("pk")]
    assert shown == [datetime(2026, 11, 25 + day, tzinfo=UTC) for day in range(3)]
    assert inbox.inbox_of(ada, now=night, count=9).lines == []
    assert inbox.inbox_of(ada, now=shown[0], count=9).unread == 1

    inbox.choose(member=ada, wants=False, now=shown[0])

    assert Notification.objects.count() == 1, "what still waited went with the choice"
    post("later", now=night + timedelta(days=20))
    assert write_notifications(now=night + timedelta(days=20)) == 0


def test_the_database_itself_holds_one_promotion_a_day_and_one_telling_an_event(ada):
    made = template(kind="promotion")
    row = {"member": ada, "template": made, "kind": "promotion", "shown_at": NOON}
    Notification.objects.create(event_id=1, promotion_day=5, **row)

    for values in ({"event_id": 1, "promotion_day": 6}, {"event_id": 2, "promotion_day": 5}, {"event_id": 3}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Notification.objects.create(**values, **row)


def test_what_rules_paid_is_told_with_its_amount_and_the_names_of_things(ada):
    factories.badge("writer", names={"en": "Writer", "zh-hans": "作者"})
    factories.rule({"name": {"en": "A good post"}, "then": [award(12), {"do": "badge", "badge": "writer"}]})
    template("paid", "points.awarded", titles={"en": "{rule}"}, texts={"en": "{points}"})
    template("honoured", "badge.granted", titles={"en": "Honour"}, texts={"en": "{badge}", "zh-hans": "{badge}"})
    template(
        "rose",
        "tier.changed",
        condition="event.data.rose",
        titles={"en": "Up"},
        texts={"en": "{from_tier} → {to_tier}"},
    )
    post(1)
    factories.judge()

    write_notifications(now=NOON)

    found = {each.template.code: each for each in Notification.objects.select_related("template")}
    assert found["paid"].titles["en"] == "A good post"
    assert found["paid"].texts["en"] == "+12 Points, badge “Writer”"
    assert found["honoured"].texts == {"en": "Writer", "zh-hans": "作者"}


def test_a_broken_template_keeps_nobody_from_the_others(ada, caplog):
    template("broken", condition="event.data.wrods > 1")
    template()
    post(1)

    assert write_notifications(now=NOON) == 1
    assert "broken" in caplog.text


@pytest.mark.parametrize(
    ("field", "words", "values"),
    [
        ("texts", "Did you mean {words}?", {"texts": {"en": "{wrods}"}}),
        ("titles", "at least in English", {"titles": {"zh-hans": "谢谢"}}),
        ("titles", "a brace stands alone", {"titles": {"en": "Thank you {"}}),
        ("texts", "same languages", {"texts": {"en": "Thanks."}}),
        ("texts", "at most 1,000", {"texts": {"en": "a" * 1001, "zh-hans": "a"}}),
        ("condition", "wrods", {"condition": "event.data.wrods > 1"}),
        ("condition", "", {"condition": "event.data.words"}),
        ("texts", "has no {by}", {"texts": {"en": "{by}"}}),
        ("kind", "sells nothing", {"event_type": "points.expiring", "kind": "promotion", "texts": {"en": "{on}"}}),
        ("event_type", "Nobody is told", {"event_type": "effect.assigned"}),
    ],
)
def test_what_could_not_be_told_is_refused_when_it_is_saved(field, words, values):
    factories.EventTypeFactory()
    EventType.objects.filter(code="content.published").update(
        schema={**factories.POST_SCHEMA, "by": {"type": "string", "personal": True, "optional": True}}
    )
    from members.domain.events.schemas import parse_schema

    event_type = EventType.objects.get(code=values.pop("event_type", "content.published"))
    given = {
        "kind": "service",
        "condition": "",
        "titles": {"en": "A", "zh-hans": "甲"},
        "texts": {"en": "B", "zh-hans": "乙"},
    }

    with pytest.raises(BadTemplate) as caught:
        check_template(
            event_type=event_type, schema=parse_schema(event_type.code, event_type.schema), **{**given, **values}
        )

    assert (caught.value.field, words in caught.value.sentence) == (field, True), caught.value.sentence


def test_two_members_who_are_one_have_one_inbox_and_erasing_empties_it(ada):
    bo = factories.MemberFactory(ref="bo")
    template()
    template("deal", kind="promotion")
    post(1)
    post(2, ref="bo")
    write_notifications(now=NOON)
    post(3, ref="bo")
    inbox.choose(member=bo, wants=False, now=NOON)

    merge(survivor_id=ada.pk, merged_id=bo.pk, now=NOON, reason="One person.")
    write_notifications(now=NOON)

    assert Notification.objects.filter(member=ada, kind="promotion").count() == 1
    assert Notification.objects.filter(member=ada, kind="service").count() == 3
    assert not inbox.wants_promotions(ada.pk)

    post(4)
    erase(member_id=ada.pk, ref="ada", reason="They asked.", now=NOON)
    write_notifications(now=NOON)

    assert Notification.objects.count() == 0


def test_old_notifications_are_forgotten(ada, settings):
    template()
    post(1)
    write_notifications(now=NOON)

    counts = [inbox.forget_notifications(now=NOON + timedelta(days=settings.NOTIFICATION_DAYS + n)) for n in (0, 1, 1)]

    assert counts == [0, 1, 0]


@pytest.mark.parametrize("count", [1, 3])
def test_a_batch_asks_the_same_however_many_events_it_tells(ada, count):
    template()
    template("deal", kind="promotion")
    for number in range(count):
        post(number)

    with CaptureQueriesContext(connection) as asked:
        write_notifications(now=NOON)

    # Ten for the batch, and six names of things for each of two languages.
    assert len([each for each in asked if "SAVEPOINT" not in each["sql"]]) == 11 + 2 * 6
