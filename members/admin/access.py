from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework_api_key.admin import APIKeyModelAdmin
from rest_framework_api_key.models import APIKey as StockApiKey

from members.admin.base import Remembered, WhyForm
from members.enums import Scope
from members.models import ApiKey

# Ours has scopes; the stock model would only confuse.
admin.site.unregister(StockApiKey)


class ApiKeyForm(WhyForm):
    scopes = forms.MultipleChoiceField(choices=Scope.choices, widget=forms.CheckboxSelectMultiple, label=_("scopes"))

    class Meta:
        model = ApiKey
        fields = ["name", "scopes", "sources", "requests_per_minute", "expiry_date", "revoked"]
        widgets = {"sources": forms.CheckboxSelectMultiple}


@admin.register(ApiKey)
class ApiKeyAdmin(Remembered[ApiKey], APIKeyModelAdmin):  # type: ignore[misc]  # The libraries ship no types.
    """A key is shown once, when it is made. To rotate: make a second one, move the app, revoke the first."""

    form = ApiKeyForm
    list_display = ("name", "prefix", "scopes_held", "last_used_at", "expiry_date", "revoked")
    list_filter = ("revoked",)

    @admin.display(description=_("scopes"))
    def scopes_held(self, key: ApiKey) -> str:
        return ", ".join(key.scopes)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("prefix", "last_used_at")
