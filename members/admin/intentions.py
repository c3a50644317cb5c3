"""What is evidence of intention, and which layer it puts members in."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy

from members.admin.base import Remembered, WhyForm, Window
from members.admin.within import Within
from members.models import Intention, IntentionEvidence


class EvidenceForm(WhyForm):
    class Meta:
        model = IntentionEvidence
        fields = ["code", "names", "event_type", "field", "value", "is_of_inviter", "is_decisive", "points", "most"]


@admin.register(IntentionEvidence)
class IntentionEvidenceAdmin(Remembered[IntentionEvidence]):
    form = EvidenceForm
    list_display = ("code", "event_type", "field", "value", "points", "most", "is_of_inviter", "is_decisive")
    list_select_related = ("event_type",)
    search_fields = ("code",)


@admin.register(Intention)
class IntentionAdmin(Window[Intention]):
    """Only the team sees it."""

    within = Within(member="member")
    list_display = ("member", "layer", "score", "why", "since")
    list_filter = ("layer",)
    list_select_related = ("member",)
    search_fields = ("=member__ref", "member__display_name")
    ordering = ("-score", "pk")

    @admin.display(description=gettext_lazy("reasons"))
    def why(self, intention: Intention) -> str:
        return ", ".join(f"{code} {weight}" for code, weight in intention.reasons)
