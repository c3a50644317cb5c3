"""The closed lists of the members app."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class MemberStatus(models.TextChoices):
    ACTIVE = "active", _("active")
    SUSPENDED = "suspended", _("suspended")
    BANNED = "banned", _("banned")
    LEFT = "left", _("left")
    ERASED = "erased", _("erased")


class AgeBand(models.TextChoices):
    """As told by the host app; we never guess it."""

    ADULT = "adult", _("adult")
    MINOR = "minor", _("minor")
    UNKNOWN = "unknown", _("unknown")
