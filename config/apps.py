from typing import Any

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class SiteConfig(AppConfig):
    """The wiring: commands, templates and pages where the apps meet."""

    name = "config"
    label = "site_wiring"
    verbose_name = "Laurels"

    def ready(self) -> None:
        from config import history  # noqa: PLC0415  Models are not there before ready().

        # Only apps with models are told; activities is the last of them, when everybody's permissions are there.
        post_migrate.connect(_furnish, sender=apps.get_app_config("activities"), dispatch_uid="config.roles")
        history.watch()


def _furnish(**_: Any) -> None:
    from config.roles import furnish_roles  # noqa: PLC0415  Models are not there before ready().

    furnish_roles()
