"""What is said about activities in the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from activities.api.due import DueBody
from activities.enums import ActivityKind, ActivityState, Part, RegistrationState
from activities.models import GUESTS_MAX, SEATS_MAX, Activity, Order, Registration
from members.api.bodies import Moment, StrictBody

WORDS_MAX = 20_000


class PersonBody(serializers.Serializer[Any]):
    member = serializers.CharField(source="member.ref")
    part = serializers.ChoiceField(choices=Part.choices)


class ActivityBody(serializers.ModelSerializer[Activity]):
    """An activity. `seats_left` null is without bound; `is_full` is seen from the seats. `tier` is ladder/tier."""

    space = serializers.CharField(source="space.ref", allow_null=True, default=None)
    tier = serializers.SerializerMethodField()
    segment = serializers.CharField(source="segment.code", allow_null=True, default=None)
    campaign = serializers.CharField(source="campaign.code", allow_null=True, default=None)
    people = PersonBody(many=True)
    seats_left = serializers.IntegerField(allow_null=True)
    is_full = serializers.BooleanField()
    questions = serializers.ListField(child=serializers.DictField())

    class Meta:
        model = Activity
        fields = [
            "code", "kind", "state", "names", "summaries", "texts", "language", "space", "starts_at", "ends_at", "zone",
            "place", "capacity", "seats_taken", "seats_left", "is_full", "guests_max", "has_waiting_list", "opens_at",
            "closes_at", "cancel_until", "needs_approval", "is_open_to_guests", "tier", "segment", "only_space",
            "questions", "people", "money", "late_refund_percent", "campaign",
        ]  # fmt: skip

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_tier(self, activity: Activity) -> str | None:
        return None if activity.tier is None else f"{activity.tier.ladder.code}/{activity.tier.code}"


class Words(serializers.DictField):
    """A text by language, such as `{"en": "…", "zh-hans": "…"}`."""

    child = serializers.CharField(max_length=WORDS_MAX)

    def to_internal_value(self, data: Any) -> Any:
        value = super().to_internal_value(data)
        if any(len(name) > 16 for name in value):
            raise serializers.ValidationError("Name languages by their codes, such as en or zh-hans.")
        return value


class ActivityChange(StrictBody):
    """What is changed; what is left out stays. Whoever is registered hears of a new time or place."""

    names = Words(required=False)
    summaries = Words(required=False)
    texts = Words(required=False)
    language = serializers.CharField(max_length=16, required=False, allow_blank=True)
    space = serializers.CharField(max_length=64, required=False, allow_null=True)
    starts_at = Moment(required=False)
    ends_at = Moment(required=False)
    zone = serializers.CharField(max_length=64, required=False)
    place = serializers.CharField(max_length=300, required=False, allow_blank=True)
    link = serializers.URLField(max_length=500, required=False, allow_blank=True)
    capacity = serializers.IntegerField(min_value=1, max_value=SEATS_MAX, required=False, allow_null=True)
    guests_max = serializers.IntegerField(min_value=0, max_value=GUESTS_MAX, required=False)
    has_waiting_list = serializers.BooleanField(required=False)
    opens_at = Moment(required=False, allow_null=True)
    closes_at = Moment(required=False, allow_null=True)
    cancel_until = Moment(required=False, allow_null=True)
    needs_approval = serializers.BooleanField(required=False)
    is_open_to_guests = serializers.BooleanField(required=False)
    tier = serializers.CharField(max_length=200, required=False, allow_null=True, help_text="As ladder/tier.")
    segment = serializers.CharField(max_length=64, required=False, allow_null=True)
    only_space = serializers.BooleanField(required=False)
    campaign = serializers.CharField(
        max_length=40, required=False, allow_null=True, help_text="A running campaign that it becomes a part of."
    )
    questions = serializers.ListField(child=serializers.DictField(), max_length=20, required=False)
    audience_expected = serializers.IntegerField(min_value=0, max_value=10**7, required=False, allow_null=True)
    small_reason = serializers.CharField(max_length=300, required=False, allow_blank=True)
    money = serializers.RegexField(
        r"^([A-Z]{3})?\Z", required=False, allow_blank=True, help_text="Of its tickets and its cost, such as EUR."
    )
    late_refund_percent = serializers.IntegerField(
        min_value=0, max_value=100, required=False, help_text="How much goes back to whoever cancels late."
    )


class NewActivity(ActivityChange):
    """A draft; `people` are its hosts, speakers and helpers. Nobody hears of it before it is announced."""

    code = serializers.RegexField(r"^[a-z0-9][a-z0-9-]*\Z", max_length=80)
    kind = serializers.ChoiceField(choices=ActivityKind.choices)
    names = Words()
    starts_at = Moment()
    ends_at = Moment()
    hosts = serializers.ListField(child=serializers.CharField(max_length=128), max_length=20, default=list)
    speakers = serializers.ListField(child=serializers.CharField(max_length=128), max_length=20, default=list)


class StepBody(StrictBody):
    """Where its life goes on, and why; a cancellation needs a reason, which everybody who is registered reads."""

    to = serializers.ChoiceField(choices=[each for each in ActivityState.choices if each[0] != ActivityState.DRAFT])
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    operator = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")


class RegistrationBody(serializers.ModelSerializer[Registration]):
    """A registration and what became of it. `until` is how long a place is kept that was offered or is to be paid.

    `pass_uses` of the ticket's pass pay for it; then nothing is due."""

    id = serializers.CharField(source="public_id")
    activity = serializers.CharField(source="activity.code")
    member = serializers.CharField(source="member.ref")
    answers = serializers.DictField()
    place_in_line = serializers.SerializerMethodField()
    ticket = serializers.CharField(source="ticket.code", allow_null=True, default=None)
    brought_by = serializers.CharField(source="brought_by.ref", allow_null=True, default=None)
    order = serializers.SerializerMethodField()

    class Meta:
        model = Registration
        fields = [
            "id", "activity", "member", "state", "guests", "answers", "channel", "registered_at", "confirmed_at",
            "until", "ended_at", "ended_by", "is_late", "reason", "checked_in_at", "missed_at", "is_walk_in",
            "place_in_line", "ticket", "pass_uses", "brought_by", "order",
        ]  # fmt: skip

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_place_in_line(self, registration: Registration) -> int | None:
        return registration.place_in_line()

    @extend_schema_field(DueBody(allow_null=True))
    def get_order(self, registration: Registration) -> dict[str, Any] | None:
        order = (
            Order.objects.select_related("currency", "group__activity", "group__ticket")
            .filter(registration=registration)
            .first()
        )
        return None if order is None else dict(DueBody(order, context=self.context).data)


class RegistrationLineBody(serializers.ModelSerializer[Registration]):
    """A registration in a list."""

    id = serializers.CharField(source="public_id")
    activity = serializers.CharField(source="activity.code")
    member = serializers.CharField(source="member.ref")

    class Meta:
        model = Registration
        fields = [
            "id", "activity", "member", "state", "guests", "registered_at", "confirmed_at", "until", "ended_at",
            "checked_in_at", "missed_at",
        ]  # fmt: skip


class NewRegistration(StrictBody):
    """Who comes, with how many guests, and what they answer to the activity's questions, by code."""

    member = serializers.CharField(max_length=128)
    guests = serializers.IntegerField(min_value=0, max_value=GUESTS_MAX, default=0)
    answers = serializers.DictField(required=False, default=dict)
    ticket = serializers.CharField(
        max_length=40,
        required=False,
        allow_null=True,
        default=None,
        help_text="Its code; the only one on sale if left out.",
    )
    group = serializers.CharField(
        max_length=16, required=False, allow_blank=True, default="",
        help_text="The code of a group to join; with a ticket of a group and no code another one is begun.",
    )  # fmt: skip
    stays_alone = serializers.BooleanField(
        required=False, default=False, help_text="Pay the difference and keep the place when the group fails."
    )
    with_pass = serializers.BooleanField(
        required=False, allow_null=True, default=None,
        help_text="Whether the ticket's pass pays for it; left out it does where it may be used, and costs no points.",
    )  # fmt: skip
    free_code = serializers.CharField(
        max_length=32, required=False, allow_blank=True, default="", help_text="A code that makes a ticket free."
    )
    link = serializers.CharField(
        max_length=32, required=False, allow_blank=True, default="",
        help_text="The invitation code by which they came here: who it is from brought them.",
    )  # fmt: skip
    channel = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")


class RegistrationStep(StrictBody):
    """What is done with a registration: members cancel, accept or decline, the team cancels, approves or refuses."""

    step = serializers.ChoiceField(choices=["cancel", "accept", "decline", "approve", "refuse"])
    by = serializers.ChoiceField(choices=["member", "team"], default="member")
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    operator = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")


class CheckBody(serializers.Serializer[Any]):
    code = serializers.CharField()
    sentence = serializers.CharField()
    is_met = serializers.BooleanField()


class WhyNotComeBody(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="Never changes; such as tier_too_low or opens_later.")
    sentence = serializers.CharField(help_text="In the language of Accept-Language.")


class VerdictBody(serializers.Serializer[Any]):
    """Whether a member may register now, what that would give them, and every demand, met or not."""

    may = serializers.BooleanField()
    why_not = WhyNotComeBody(allow_null=True)
    would_be = serializers.ChoiceField(choices=RegistrationState.choices, allow_null=True)
    checks = CheckBody(many=True)
    registration = serializers.CharField(allow_null=True, source="registration.public_id", default=None)
