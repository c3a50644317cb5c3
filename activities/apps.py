from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ActivitiesConfig(AppConfig):
    name = "activities"
    verbose_name = _("Activities")

    def ready(self) -> None:
        from activities import checks  # noqa: F401, PLC0415  What is imported is registered.
        from activities.domain.checking_in.guards import SCANS  # noqa: PLC0415  Models are not there before ready().
        from incentives.domain.ledger import guards  # noqa: PLC0415

        guards.add(SCANS)
