"""Honours that rules grant."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Badge(models.Model):
    """An honour; `is_repeatable` says whether a member may hold it more than once."""

    code = models.SlugField(_("code"), max_length=64, unique=True)
    names = models.JSONField(_("names"), default=dict, help_text=_("By language, such as en and zh-hans."))
    is_repeatable = models.BooleanField(_("repeatable"), default=False)

    class Meta:
        verbose_name = _("badge")
        verbose_name_plural = _("badges")

    def __str__(self) -> str:
        return self.code


class BadgeGrant(models.Model):
    """A badge on a member. `key` is the effect that granted it, or the badge itself where once is enough."""

    id = models.BigAutoField(primary_key=True)
    badge = models.ForeignKey(Badge, on_delete=models.PROTECT, related_name="grants")
    member_id = models.BigIntegerField(_("member"))
    key = models.CharField(max_length=64)
    event_id = models.BigIntegerField(_("event"), null=True)
    rule_code = models.CharField(_("rule"), max_length=64, blank=True)
    rule_version = models.PositiveIntegerField(_("version"), null=True)
    granted_at = models.DateTimeField(_("granted at"))

    class Meta:
        verbose_name = _("badge grant")
        verbose_name_plural = _("badge grants")
        constraints = [models.UniqueConstraint(fields=["member_id", "badge", "key"], name="badge_granted_once")]

    def __str__(self) -> str:
        return f"{self.badge_id} of member {self.member_id}"
