"""Who may call the API, and for what."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from rest_framework_api_key.models import AbstractAPIKey, APIKeyManager
from simple_history.models import HistoricalRecords

from members.models.timeline import Source


class ApiKey(AbstractAPIKey):
    """An app's key: hashed at rest, with the scopes and the sources it may use.

    Rotate by making a second key, moving the app over, then revoking the first.
    """

    scopes = models.JSONField(_("scopes"), default=list)
    sources = models.ManyToManyField(
        Source, verbose_name=_("sources"), blank=True, help_text=_("In whose name the key may report events.")
    )
    requests_per_minute = models.PositiveIntegerField(_("requests per minute"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True, editable=False)

    # The codes of `sources`, remembered with the key by whoever looked it up.
    source_codes: frozenset[str] = frozenset()

    objects: ClassVar[APIKeyManager] = APIKeyManager()
    history = HistoricalRecords(excluded_fields=["hashed_key", "last_used_at"], m2m_fields=[sources])

    class Meta(AbstractAPIKey.Meta):
        verbose_name = _("API key")  # type: ignore[assignment]  # Translated, like any other.
        verbose_name_plural = _("API keys")  # type: ignore[assignment]
