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
from activities.models.codes import TicketCode
from activities.models.door import GUESTS_AT_ONCE_MAX, NONCE_LENGTH_MAX, Feedback, Paper, Recap, Scan
from activities.models.invitations import ActivityInvitation
from activities.models.orders import Group, Order, Payment, Refund, Ticket
from activities.models.pages import PageToClose
from activities.models.proposals import Proposal, ProposalStep
from activities.models.registrations import ENDED_STATES, LIVE_STATES, SEATED_STATES, Registration
from activities.models.series import Series
from activities.models.series_tickets import SeriesTicket
from activities.models.terms import MONEY_MAX

__all__ = [
    "BRAND_AUDIENCE_MIN", "COMING_STATES", "ENDED_STATES", "GUESTS_AT_ONCE_MAX", "GUESTS_MAX", "LIVE_STATES",
    "MONEY_MAX", "NONCE_LENGTH_MAX", "PUBLIC_STATES", "SEATED_STATES", "SEATS_MAX", "Activity", "ActivityInvitation",
    "ActivityPerson", "ActivityStep", "Feedback", "Group", "MemberCalendar", "Order", "PageToClose", "Paper", "Payment",
    "Proposal", "ProposalStep", "Recap", "Refund", "Registration", "Scan", "Series", "SeriesTicket", "Ticket",
    "TicketCode",
]  # fmt: skip
