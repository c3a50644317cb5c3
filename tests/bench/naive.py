"""The way most people would write it: one Celery task an event, select_for_update, the ORM."""

from __future__ import annotations

import hashlib
import json
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
import django

django.setup()

from celery import Celery  # noqa: E402
from django.db import transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from incentives.models import NEVER, Account, Currency, Entry, Journal, Judgement, Lot  # noqa: E402
from members.domain.events.schemas import parse_schema  # noqa: E402
from members.models import CounterValue, Event, EventType, Work  # noqa: E402
from tests.bench import programme  # noqa: E402

app = Celery("naive", broker=os.environ["CELERY_BROKER_URL"])
app.conf.task_ignore_result = True
app.conf.worker_prefetch_multiplier = 1
RULES = programme.by_hand()


@app.task(name="bench.judge")
def judge(event_id: int) -> None:
    with transaction.atomic():
        work = Work.objects.select_for_update().filter(pk=event_id).first()
        if work is None:
            return
        event = Event.objects.select_related("member", "type", "payload").get(pk=event_id)
        schema = parse_schema(event.type.code, EventType.objects.get(pk=event.type_id).schema)
        data = schema.decoder.decode(event.payload.data)

        class Member:
            verified = event.member.is_verified

        currency = Currency.objects.get(code="points")
        counter, _ = CounterValue.objects.select_for_update().get_or_create(
            member_id=event.member_id, counter_id=event.type_id, key="", period=timezone.now().toordinal()
        )
        counter.value += 1
        counter.save()
        number = int(event.type.code.removeprefix("bench.type"))
        for rule, amount in RULES[number](data, Member, [], event.occurred_at, None):
            account, _ = Account.objects.select_for_update().get_or_create(
                member_id=event.member_id, currency_id=currency.pk
            )
            lot, _ = Lot.objects.select_for_update().get_or_create(account_id=account.pk, expires_at=NEVER)
            key = hashlib.sha256(f"{event_id}/{rule}".encode()).digest()
            journal = Journal.objects.create(
                member_id=event.member_id, currency_id=currency.pk, key=key, kind=1, effective_at=event.occurred_at,
                event_id=event_id, rule_code=f"t{number}-r{rule}",
            )  # fmt: skip
            lot.granted += amount
            lot.remaining += amount
            lot.save()
            account.balance += amount
            account.sequence += 1
            account.posted_at = timezone.now()
            Entry.objects.create(
                journal_id=journal.pk, member_id=event.member_id, account_id=account.pk, contra=1, lot_id=lot.pk,
                amount=amount, sequence=account.sequence, balance_after=account.balance, posted_at=account.posted_at,
            )  # fmt: skip
            account.save()
        Judgement.objects.create(
            event_id=event_id, member_id=event.member_id, rule_set_id=1, judged_at=timezone.now(), sequence=0,
            facts="{}", verdicts=json.dumps([]),
        )  # fmt: skip
        Event.objects.create(
            member_id=event.member_id, type_id=event.type_id, source_id=event.source_id, cause_id=event_id,
            occurred_at=event.occurred_at,
        )  # fmt: skip
        work.delete()


if __name__ == "__main__":
    for event_id in Work.objects.order_by("event_id").values_list("event_id", flat=True):
        judge.delay(event_id)
