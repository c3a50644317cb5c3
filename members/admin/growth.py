"""Does inviting multiply? K week by week and by whatever it can be told apart by."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy

from members.admin.base import Window
from members.domain.invitations.face import Face, face
from members.models import GrowthWindow

WIDTH, HEIGHT, FOOT = 720, 160, 18


@admin.register(GrowthWindow)
class GrowthWindowAdmin(Window[GrowthWindow]):
    """The weeks as they were measured, below what they add up to."""

    list_display = ("ends_on", "base", "senders", "sent", "joined", "shown_k", "measured_at")
    list_before_template = "admin/_growth.html"
    ordering = ("-ends_on",)

    @admin.display(description=gettext_lazy("K"))
    def shown_k(self, window: GrowthWindow) -> str:
        return "—" if window.k is None else f"{window.k:.2f}"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        seen = face(now=timezone.now())
        context = {"face": seen, "chart": _chart(seen)}
        response: HttpResponse = super().changelist_view(request, {**(extra_context or {}), **context})
        return response


def _chart(seen: Face) -> dict[str, Any]:
    """Bars of K with the lines of 1 and of what is usual, in units of an SVG of WIDTH × HEIGHT."""
    ks = [float(window.k or 0) for window in seen.windows]
    usual = float(seen.watch.usual) if seen.watch.usual is not None else None
    most = max([1.1, *(k * 1.1 for k in ks)])
    room = HEIGHT - FOOT
    step = WIDTH / max(1, len(ks))

    def height(k: float) -> float:
        return round(room * k / most, 1)

    return {
        "width": WIDTH,
        "height": HEIGHT,
        "room": room,
        "one": room - height(1),
        "usual": None if usual is None else room - height(usual),
        "bars": [
            {
                "x": round(place * step + step * 0.2, 1),
                "y": round(room - height(k), 1),
                "width": round(step * 0.6, 1),
                "height": height(k),
                "window": window,
                "middle": round(place * step + step / 2, 1),
                "is_named": place % max(1, len(ks) // 6) == 0,
            }
            for place, (window, k) in enumerate(zip(seen.windows, ks, strict=True))
        ],
    }
