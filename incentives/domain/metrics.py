"""Metrics that ladders can be measured by; named in settings.METRIC_PROVIDERS."""

from __future__ import annotations

from collections.abc import Sequence

from incentives.enums import Bucket
from incentives.models import Account, Currency


def balance(currency_code: str, member_ids: Sequence[int]) -> tuple[dict[int, int], int]:
    """Available balances of members in minor units, and the currency's scale. Raises Currency.DoesNotExist."""
    currency = Currency.objects.get(code=currency_code)
    found = Account.objects.filter(member_id__in=member_ids, currency_id=currency.pk, bucket=Bucket.AVAILABLE)
    return dict(found.values_list("member_id", "balance")), currency.scale
