"""What is said about needs in the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from members.api.bodies import Moment, StrictBody
from members.domain.needs import posting, queries
from members.enums import NeedAudience, NeedRole, NeedState
from members.models import Need, NeedCandidate


class CandidateBody(serializers.ModelSerializer[NeedCandidate]):
    """Somebody who was proposed, and how far they have come."""

    member = serializers.CharField(source="member.ref")

    class Meta:
        model = NeedCandidate
        fields = ["member", "state", "proposed_by", "proposed_at"]


class ContactBody(serializers.Serializer[Any]):
    member = serializers.CharField()
    display_name = serializers.CharField(allow_blank=True)
    email = serializers.CharField(allow_blank=True)


class ContactsBody(serializers.Serializer[Any]):
    """How the two reach each other."""

    asker = ContactBody()
    helper = ContactBody()


class NeedBody(serializers.ModelSerializer[Need]):
    """A need. `contacts` is null until both sides have agreed: show it to the two, and to nobody else."""

    id = serializers.CharField(source="pk")
    asker = serializers.CharField(source="asker.ref")
    segment = serializers.CharField(source="segment.code", allow_null=True, default=None)
    tier = serializers.CharField(allow_null=True, help_text="As ladder/tier.")
    candidates = CandidateBody(many=True)
    contacts = serializers.SerializerMethodField()

    class Meta:
        model = Need
        fields = [
            "id", "asker", "words", "kind", "audience", "segment", "tier", "state", "posted_at", "until",
            "confirm_until", "closed_at", "candidates", "contacts",
        ]  # fmt: skip

    @extend_schema_field(ContactsBody(allow_null=True))
    def get_contacts(self, need: Need) -> Any:
        found = queries.contacts_of(need, need.candidates.all())
        return None if found is None else ContactsBody(found).data


class NewNeed(StrictBody):
    """What is needed, and who may see it: everybody, connections, a segment, or a tier and those above."""

    asker = serializers.CharField(max_length=128)
    words = serializers.CharField(max_length=posting.WORDS_LENGTH_MAX)
    kind = serializers.CharField(max_length=posting.KIND_LENGTH_MAX)
    until = Moment()
    audience = serializers.ChoiceField(choices=NeedAudience.choices, required=False, default=NeedAudience.EVERYBODY)
    segment = serializers.CharField(max_length=48, required=False, allow_null=True, default=None)
    tier = serializers.CharField(
        max_length=129, required=False, allow_null=True, default=None, help_text="As ladder/tier."
    )


class NewCandidate(StrictBody):
    """Who could serve it. `offers` says that they offer themselves, so that they need not be asked."""

    member = serializers.CharField(max_length=128)
    offers = serializers.BooleanField(required=False, default=False)
    operator = serializers.CharField(
        max_length=80, required=False, default="", help_text="The person who proposes, as your team knows them."
    )


class NeedAnswer(StrictBody):
    """Whose answer it is, and about which candidate where the asker answers."""

    member = serializers.CharField(max_length=128)
    candidate = serializers.CharField(max_length=128, required=False, allow_null=True, default=None)
    agrees = serializers.BooleanField()


class NeedConfirmation(StrictBody):
    """One side says whether it worked out."""

    member = serializers.CharField(max_length=128)
    worked = serializers.BooleanField()


class NeedLine(serializers.Serializer[Any]):
    """A need as others see it."""

    id = serializers.CharField(source="pk")
    asker = serializers.CharField(source="asker.ref")
    words = serializers.CharField()
    kind = serializers.CharField()
    until = serializers.DateTimeField()


class OfferBody(serializers.Serializer[Any]):
    """Somebody who would help; their contact is not open yet."""

    need = serializers.CharField(source="need.pk")
    member = serializers.CharField()
    display_name = serializers.CharField(allow_blank=True)


class MatchBody(serializers.Serializer[Any]):
    """Two who have found each other: how to reach the other, and whether this member has confirmed."""

    need = serializers.CharField(source="need.pk")
    role = serializers.ChoiceField(choices=NeedRole.choices)
    contact = ContactBody()
    confirmed = serializers.BooleanField(source="is_confirmed")
    confirm_until = serializers.DateTimeField(source="need.confirm_until")


class OwnNeedBody(serializers.Serializer[Any]):
    """A need of their own, and in numbers how it goes."""

    id = serializers.CharField(source="need.pk")
    words = serializers.CharField(source="need.words")
    kind = serializers.CharField(source="need.kind")
    state = serializers.ChoiceField(source="need.state", choices=NeedState.choices)
    until = serializers.DateTimeField(source="need.until")
    asked = serializers.IntegerField()
    refused = serializers.IntegerField()


class MarketBody(serializers.Serializer[Any]):
    """What waits for a member: `asked` and `offers` for an answer, `matches` to be confirmed. `open` is what they may
    see of others."""

    may = serializers.BooleanField(help_text="Only adults of the community are brought together.")
    asked = NeedLine(many=True)
    offers = OfferBody(many=True)
    matches = MatchBody(many=True)
    own = OwnNeedBody(many=True)
    open = NeedLine(many=True)
