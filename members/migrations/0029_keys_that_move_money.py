"""Keys that could register payments and refunds go on doing so: that has a scope of its own now."""

from __future__ import annotations

from typing import Any

from django.db import migrations

HAD, HAS = "activities:write", "payments:write"


def give_scope(apps: Any, _editor: Any) -> None:
    for key in apps.get_model("members", "ApiKey").objects.only("pk", "scopes").iterator():
        if HAD in key.scopes and HAS not in key.scopes:
            key.scopes = [*key.scopes, HAS]
            key.save(update_fields=["scopes"])


def take_scope(apps: Any, _editor: Any) -> None:
    for key in apps.get_model("members", "ApiKey").objects.only("pk", "scopes").iterator():
        if HAS in key.scopes:
            key.scopes = [scope for scope in key.scopes if scope != HAS]
            key.save(update_fields=["scopes"])


class Migration(migrations.Migration):
    dependencies = [("members", "0028_email")]

    operations = [migrations.RunPython(give_scope, take_scope)]
