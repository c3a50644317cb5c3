"""Opens a new revision whenever something that judging reads has changed; every worker then compiles again."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.db.models.signals import post_delete, post_save

from incentives.models import Badge, Currency, LookupTable, Privilege, RuleSet, SharedLimit
from members.models import AttributeDefinition, Counter, EventType, Ladder, Role, Segment, Tier

# Whoever saves or deletes one of these (API, admin, files, a shell) changes what is judged. A migration's historical
# models, bulk_create() and a queryset's update() send no signal: such a change must call revise() itself.
WATCHED: tuple[type[Model], ...] = (
    EventType, Counter, Ladder, Tier, Segment, Role, AttributeDefinition, Currency, Badge, Privilege, SharedLimit,
    LookupTable,
)  # fmt: skip


def revise(reason: str) -> RuleSet:
    """Open a new revision, in the transaction of the change itself."""
    return RuleSet.objects.create(reason=reason[:200])


def watch() -> None:
    """Follow every change of what is watched; called once, when the apps are ready."""
    for model in WATCHED:
        post_save.connect(_revise_for, sender=model, dispatch_uid=f"{model.__name__} saved")
        post_delete.connect(_revise_for, sender=model, dispatch_uid=f"{model.__name__} deleted")


def _revise_for(sender: type[Model], instance: Model, **_: Any) -> None:
    revise(f"{sender._meta.verbose_name} {instance}")  # noqa: SLF001  Django's own, public in all but name.
