from activities.models.activities import (
    BRAND_AUDIENCE_MIN,
    COMING_STATES,
    GUESTS_MAX,
    PUBLIC_STATES,
    SEATS_MAX,
    Activity,
    ActivityPerson,
    ActivityStep,
)
from activities.models.calendars import MemberCalendar
from activities.models.invitations import ActivityInvitation
from activities.models.orders import MONEY_MAX, Order, Payment, Refund, Ticket
from activities.models.proposals import Proposal, ProposalStep
from activities.models.registrations import ENDED_STATES, LIVE_STATES, SEATED_STATES, Registration
from activities.models.series import Series

__all__ = [
    "BRAND_AUDIENCE_MIN", "COMING_STATES", "ENDED_STATES", "GUESTS_MAX", "LIVE_STATES", "MONEY_MAX",
    "PUBLIC_STATES", "SEATED_STATES", "SEATS_MAX", "Activity", "ActivityInvitation", "ActivityPerson",
    "ActivityStep", "MemberCalendar", "Order", "Payment", "Proposal", "ProposalStep", "Refund", "Registration",
    "Series", "Ticket",
]  # fmt: skip
