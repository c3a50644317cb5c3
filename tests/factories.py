"""Dull on purpose: what matters to a test stands in the test."""

from __future__ import annotations

import json
import secrets
from datetime import datetime, timedelta
from typing import Any

import factory
from django.utils import timezone

from activities.domain import life
from activities.enums import ActivityState
from activities.models import Activity, ActivityPerson, Ticket
from incentives.domain import publishing
from incentives.domain.ledger import operations
from incentives.domain.notice import WithoutNotice
from incentives.domain.pump import loop
from incentives.domain.quests import publishing as quests
from incentives.enums import Emergency
from incentives.models import Badge, Currency, QuestVersion, RuleVersion
from members.domain.events.intake import Receipt, record_events
from members.enums import Scope
from members.models import ApiKey, Counter, EventType, Ladder, Member, Source, Tier

POST_SCHEMA = {
    "content_id": {"type": "string", "max_length": 64},
    "words": {"type": "int", "min": 0, "max": 200_000},
    "quality": {"type": "decimal", "min": 0, "max": 10, "optional": True},
}


class MemberFactory(factory.django.DjangoModelFactory[Member]):
    """An active member in UTC."""

    class Meta:
        model = Member

    ref = factory.Sequence(lambda n: f"member-{n}")


class CurrencyFactory(factory.django.DjangoModelFactory[Currency]):
    """Spendable whole points that never expire."""

    class Meta:
        model = Currency
        django_get_or_create = ("code",)

    code = "points"
    names = {"en": "Points"}


class SourceFactory(factory.django.DjangoModelFactory[Source]):
    """An app that refuses unknown members."""

    class Meta:
        model = Source
        django_get_or_create = ("code",)

    code = "app"


class EventTypeFactory(factory.django.DjangoModelFactory[EventType]):
    """`content.published` with words and an optional quality."""

    class Meta:
        model = EventType
        django_get_or_create = ("code",)

    code = "content.published"
    schema = POST_SCHEMA


def api_key(*scopes: str, sources: tuple[str, ...] = ("app",)) -> str:
    """A key's text."""
    key, text = ApiKey.objects.create_key(name="test", scopes=list(scopes or [str(scope) for scope in Scope]))
    key.sources.set([SourceFactory(code=code) for code in sources])
    return str(text)


def world() -> None:
    """Points, growth, posts and an app that reports them."""
    CurrencyFactory()
    CurrencyFactory(code="growth", kind="qualifying")
    EventTypeFactory()
    SourceFactory()


def rule(document: dict[str, Any], *, now: datetime | None = None, since: datetime | None = None) -> RuleVersion:
    """Publish a rule, in force since long ago unless told otherwise."""
    now = now or timezone.now()
    document = {"code": "post", "when": "content.published", **document}
    draft = publishing.save_draft(document=document)
    return publishing.publish_rule(
        version=draft, now=now, in_force_from=since or now.replace(year=2020),
        without_notice=WithoutNotice(Emergency.MISTAKE, "A test."),
    )  # fmt: skip


def quest(document: dict[str, Any], *, now: datetime | None = None, since: datetime | None = None) -> QuestVersion:
    """Start a quest of two posts, open since long ago unless told otherwise."""
    now = now or timezone.now()
    steps = [{"code": "posts", "when": "content.published", "count": 2}]
    draft = quests.save_draft(document={"code": "writer", "steps": steps, **document})
    return quests.start_quest(version=draft, now=now, open_from=since or now.replace(year=2020))


def award(amount: int | str = 10, currency: str = "points", **more: Any) -> dict[str, Any]:
    return {"do": "award", "currency": currency, "amount": amount, **more}


def item(id: str, subject: str, type: str = "content.published", **more: Any) -> dict[str, Any]:  # noqa: A002
    data = more.pop("data", None)
    if data is None:
        data = {"content_id": "c1", "words": 500} if type == "content.published" else {}
    return {"source": "app", "id": id, "type": type, "subject": subject, "data": data, **more}


def report(*items: dict[str, Any], now: datetime | None = None) -> Receipt:
    """Report events the way the API does."""
    raw = [json.dumps(each).encode() for each in items]
    return record_events(items=raw, allowed_sources=None, now=now or timezone.now())


def judge(**options: Any) -> loop.Drained:
    return loop.drain(**options)


def counter(**values: Any) -> Counter:
    values.setdefault("event_type", EventTypeFactory())
    return Counter.objects.create(**values)


def badge(code: str, **values: Any) -> Badge:
    return Badge.objects.create(code=code, **values)


def ladder(**thresholds: int) -> Ladder:
    """A ladder over growth with these tiers."""
    made = Ladder.objects.create(code="growth", metric="balance:growth")
    for code, threshold in thresholds.items():
        Tier.objects.create(ladder=made, code=code, threshold=threshold)
    return made


def activity(code: str = "evening", **values: Any) -> Activity:
    """A sharing evening of two hours in a week, open to everybody, with five seats and a speaker."""
    speaker = values.pop("speaker", None)
    starts_at = values.setdefault("starts_at", timezone.now() + timedelta(days=7))
    values.setdefault("ends_at", starts_at + timedelta(hours=2))
    said = {"kind": "sharing", "names": {"en": "An evening"}, "place": "The workshop", "capacity": 5, **values}
    made = Activity.objects.create(code=code, **said)
    if made.kind == "sharing":
        speaker = speaker or Member.objects.get_or_create(ref="speaker")[0]
        ActivityPerson.objects.create(activity=made, member=speaker, part="speaker")
    return made


def ticket(activity: Activity, code: str = "single", **values: Any) -> Ticket:
    """A ticket for 20 euros, unless told otherwise."""
    if not activity.money:
        Activity.objects.filter(pk=activity.pk).update(money="EUR")
    values.setdefault("price", 0 if values.get("points") else 2_000)
    return Ticket.objects.create(activity=activity, code=code, names={"en": code}, **values)


def points_for(member: Member, amount: int, currency: str = "points") -> None:
    """Give a member points that never expire."""
    operations.adjust(
        member_id=member.pk, currency=CurrencyFactory(code=currency), amount=amount, key=secrets.token_bytes(32),
        now=timezone.now(), reason="A gift.",
    )  # fmt: skip


def announced(code: str = "evening", *, now: datetime | None = None, **values: Any) -> Activity:
    """The same, announced and open."""
    made = activity(code, **values)
    return life.step(activity_id=made.pk, to=ActivityState.ANNOUNCED, now=now or timezone.now())[0]
