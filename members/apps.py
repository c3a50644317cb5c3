from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class MembersConfig(AppConfig):
    name = "members"
    verbose_name = _("Members")

    def ready(self) -> None:
        post_migrate.connect(_furnish, sender=self, dispatch_uid="members.furnish")


def _furnish(**_: Any) -> None:
    from members.domain.furnishing import furnish  # noqa: PLC0415  Models are not there before ready().

    furnish()
