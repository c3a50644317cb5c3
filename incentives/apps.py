from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class IncentivesConfig(AppConfig):
    name = "incentives"
    verbose_name = _("Incentives")

    def ready(self) -> None:
        from incentives.domain import revisions  # noqa: PLC0415  Models are not there before ready().
        from incentives.domain.privileges import definitions  # noqa: PLC0415

        pre_migrate.connect(_make_way, sender=self, dispatch_uid="incentives.make_way")
        post_migrate.connect(_guard, sender=self, dispatch_uid="incentives.guard")
        revisions.watch()
        definitions.watch()


def _make_way(plan: Sequence[Any], **_: Any) -> None:
    from incentives.domain.ledger import guards  # noqa: PLC0415  Models are not there before ready().

    if plan:
        guards.make_way()


def _guard(**_: Any) -> None:
    from incentives.domain.ledger import guards  # noqa: PLC0415  Models are not there before ready().

    guards.install()
