"""Times by the clock, in the API."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers


@extend_schema_field({"type": "string", "example": "19:00:00"})
class ClockTime(serializers.TimeField):
    """A time by the clock that hangs there: no offset, which is what the format `time` of a schema would want."""
