"""What operators who are bound to spaces see of a list, and how each of its addresses holds them to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern

from members.domain.spaces.bounds import spaces_seen_by, through

M = TypeVar("M", bound=Model)
SAFE = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True, slots=True)
class Within:
    """Which rows of a list belong to a space: by a path to a member, or to a space.

    With neither, bound operators see nothing of it; with `is_harmless` all of it, and change nothing. `barred` names
    addresses that reach beyond one row, such as merging it with another; `narrowing` those over the whole list that
    hold themselves to the operator's spaces.
    """

    member: str = ""
    space: str = ""
    is_harmless: bool = False
    barred: tuple[str, ...] = ()
    narrowing: tuple[str, ...] = ()

    @property
    def is_seen(self) -> bool:
        return bool(self.member or self.space or self.is_harmless)


NOWHERE, HARMLESS = Within(), Within(is_harmless=True)


def narrowed(found: QuerySet[M], within: Within, user: Any) -> QuerySet[M]:
    """A list as this operator sees it."""
    spaces = spaces_seen_by(user)
    if spaces is None or within.is_harmless:
        return found
    if not within.is_seen:
        return found.none()
    return found.filter(through(spaces, member=within.member, space=within.space))


class Bounded:
    """An admin whose lists, pages, forms and steps hold bound operators to their spaces. `within` says how."""

    within: Within = NOWHERE

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return narrowed(super().get_queryset(request), self.within, request.user)  # type: ignore[misc]  # Of the admin.

    def has_module_permission(self, request: HttpRequest) -> bool:
        may: bool = super().has_module_permission(request)  # type: ignore[misc]  # Of the admin.
        return may and may_look(self, request.user)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **more: Any) -> Any:
        """Nobody is chosen who is not seen."""
        field = super().formfield_for_foreignkey(db_field, request, **more)  # type: ignore[misc]  # Of the admin.
        site: Any = self.admin_site  # type: ignore[attr-defined]
        other = site._registry.get(db_field.remote_field.model)  # noqa: SLF001  The site has no other way to ask.
        if field is not None and isinstance(other, Bounded):
            field.queryset = narrowed(field.queryset, other.within, request.user)
            # Without a space it would hold everywhere.
            is_bound = spaces_seen_by(request.user) is not None
            field.required = field.required or (is_bound and self.within.space == db_field.name)
        return field

    @property
    def urls(self) -> list[Any]:
        """Every address of this list, with a guard before it: also those of steps that are added to it."""
        patterns: list[Any] = self.get_urls()  # type: ignore[attr-defined]
        for pattern in patterns:
            if isinstance(pattern, URLPattern):
                pattern.callback = self._guarded(pattern.callback, pattern.name or "")
        return patterns

    def _guarded(self, view: Callable[..., Any], name: str) -> Callable[..., Any]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.is_authenticated and spaces_seen_by(request.user) is not None:
                self._hold(request, name, kwargs.get("object_id", kwargs.get("pk")))
            answer: HttpResponse = view(request, *args, **kwargs)
            return answer

        return guarded

    def _hold(self, request: HttpRequest, name: str, object_id: Any) -> None:
        opts: Any = self.opts  # type: ignore[attr-defined]
        step = name.removeprefix(f"{opts.app_label}_{opts.model_name}_")
        is_only_looked_at = self.within.is_harmless and request.method not in SAFE
        if not self.within.is_seen or step in self.within.barred or is_only_looked_at:
            raise PermissionDenied
        if object_id is None:
            # Steps over the whole list, such as taking all of it out, reach beyond the spaces.
            if name and step not in ("changelist", "add", *self.within.narrowing):
                raise PermissionDenied
        elif self.get_object(request, unquote(str(object_id))) is None:  # type: ignore[attr-defined]
            raise Http404


def may_look(admin: Any, user: Any) -> bool:
    """Whether there is anything of a list for this operator."""
    return not isinstance(admin, Bounded) or admin.within.is_seen or spaces_seen_by(user) is None
