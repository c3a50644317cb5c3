"""Who changed a configuration: the operator is known from the request; for the API it is the key's name."""

from __future__ import annotations

from typing import Any

from simple_history.models import HistoricalRecords
from simple_history.signals import pre_create_historical_record


def watch() -> None:
    pre_create_historical_record.connect(_name_the_key, dispatch_uid="config.history")


def _name_the_key(history_instance: Any, **_: Any) -> None:
    request = getattr(HistoricalRecords.context, "request", None)
    caller = getattr(request, "laurels_caller", "")
    if caller and not history_instance.history_change_reason:
        history_instance.history_change_reason = f"API key {caller}"[:100]
