"""Pages of payment services on which nothing is to be paid any more."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from activities.models.orders import Order


class PageToClose(models.Model):
    """A page of a payment service that is to be closed there, since its order has ended or is paid otherwise.

    `due_at` is when the service is asked next; null when it is done, or was asked often enough.
    """

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="pages_to_close", verbose_name=_("order"))
    ref = models.CharField(_("known there as"), max_length=200)
    due_at = models.DateTimeField(_("next try at"), null=True)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    error = models.CharField(_("what went wrong"), max_length=300, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True)

    class Meta:
        verbose_name = _("page to close")
        verbose_name_plural = _("pages to close")
        constraints = [
            models.UniqueConstraint(fields=["order", "ref"], name="a_page_is_closed_once"),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(due_at__isnull=True), name="what_is_closed_is_not_due"
            ),
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="pages_due")]

    def __str__(self) -> str:
        return f"page {self.ref} of order {self.order_id}"
