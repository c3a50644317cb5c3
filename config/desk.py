"""The operators' admin: its look, and its contents by what operators do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


@dataclass(frozen=True)
class Page:
    """A list in the sidebar: what operators call it, its sign, and the model it shows."""

    title: Text
    icon: str
    model: str
    count: Callable[[], int] | None = None
    # Another page than the model's list.
    view: str = ""

    def entry(self, request: HttpRequest) -> dict[str, Any]:
        app, name = self.model.split(".")
        shown: dict[str, Any] = {
            "title": self.title,
            "icon": self.icon,
            "link": reverse(f"admin:{self.view or f'{app}_{name}_changelist'}"),
            "permission": _may_see(f"{app}.view_{name}", self.model),
        }
        # It counts what waits anywhere; whoever sees to some spaces reads the list.
        waiting = self.count() if self.count is not None and _spaces_of(request) is None else 0
        return shown | ({"badge": str(waiting), "badge_variant": "danger"} if waiting else {})


def _may_see(permission: str, model: str) -> Callable[[HttpRequest], bool]:
    """Who holds the permission, and for whom there is something of it in their spaces."""

    def may(request: HttpRequest) -> bool:
        from django.apps import apps  # noqa: PLC0415  Settings name this module before models are ready.
        from django.contrib import admin  # noqa: PLC0415

        from members.admin.within import may_look  # noqa: PLC0415

        shown = admin.site._registry.get(apps.get_model(model))  # noqa: SLF001  The site has no other way to ask.
        return request.user.has_perm(permission) and may_look(shown, request.user)

    return may


def _spaces_of(request: HttpRequest) -> frozenset[int] | None:
    from members.domain.spaces.bounds import spaces_seen_by  # noqa: PLC0415  Settings name this module early.

    return spaces_seen_by(request.user)


def letters_waiting() -> int:
    """How many dead letters wait for somebody."""
    from members.enums import DeadLetterState  # noqa: PLC0415  Settings name this module before models are ready.
    from members.models import DeadLetter  # noqa: PLC0415

    return DeadLetter.objects.filter(state=DeadLetterState.WAITING).count()


def referrals_to_review() -> int:
    """How many referrals were stopped and wait for somebody to look at them."""
    from members.enums import ReferralState  # noqa: PLC0415  Settings name this module before models are ready.
    from members.models import Referral  # noqa: PLC0415

    return Referral.objects.filter(state=ReferralState.REVIEW).count()


def promises_to_keep() -> int:
    """How many bookings and requests wait for the team."""
    from incentives.models import WAITING_STATES, PrivilegeUse  # noqa: PLC0415  Settings name this module early.

    return PrivilegeUse.objects.filter(state__in=WAITING_STATES).count()


def violations_to_decide() -> int:
    """How many appeals wait, and findings of software that a person should look at."""
    from django.db.models import Q  # noqa: PLC0415  Settings name this module before models are ready.

    from members.enums import ViolationState  # noqa: PLC0415
    from members.models import Violation  # noqa: PLC0415

    return Violation.objects.filter(Q(state=ViolationState.APPEALED) | Q(needs_person=True)).count()


def reports_to_review() -> int:
    """How many reports of members wait for somebody to look at them."""
    from members.enums import ReportState  # noqa: PLC0415  Settings name this module before models are ready.
    from members.models import Report  # noqa: PLC0415

    return Report.objects.filter(state=ReportState.WAITING).count()


def cases_to_answer() -> int:
    """How many members wait for an answer about something missing."""
    from incentives.models import WAITING_CASES, Case  # noqa: PLC0415  Settings name this module early.

    return Case.objects.filter(state__in=WAITING_CASES).count()


def contents_to_approve() -> int:
    """How many contents were handed in and wait for approval."""
    from members.enums import ContentState  # noqa: PLC0415  Settings name this module before models are ready.
    from members.models import Content  # noqa: PLC0415

    return Content.objects.filter(state=ContentState.SUBMITTED).count()


def needs_without_candidates() -> int:
    """How many open needs nobody has been proposed for."""
    from members.enums import NeedState  # noqa: PLC0415  Settings name this module before models are ready.
    from members.models import Need  # noqa: PLC0415

    return Need.objects.filter(state=NeedState.OPEN, candidates__isnull=True).count()


def newcomers_unanswered() -> int:
    """How many newcomers have waited for their greeter for two hours."""
    from datetime import timedelta  # noqa: PLC0415  Settings name this module before models are ready.

    from django.utils import timezone  # noqa: PLC0415

    from members.models import Greeting  # noqa: PLC0415

    long_ago = timezone.now() - timedelta(hours=2)
    return Greeting.objects.filter(closed_at__isnull=True, greeted_at__isnull=True, assigned_at__lte=long_ago).count()


def corrections_to_approve() -> int:
    """How many corrections wait for a second operator."""
    from incentives.enums import CorrectionState  # noqa: PLC0415  Settings name this module before models are ready.
    from incentives.models import Correction  # noqa: PLC0415

    return Correction.objects.filter(state=CorrectionState.WAITING).count()


def registrations_to_approve() -> int:
    """How many members wait for a yes or a no to their registration."""
    from activities.enums import RegistrationState  # noqa: PLC0415  Settings name this module before models are ready.
    from activities.models import Registration  # noqa: PLC0415

    return Registration.objects.filter(state=RegistrationState.ASKED).count()


def refunds_to_pay() -> int:
    """How many refunds a person has to pay or to look at."""
    from activities.models import Refund  # noqa: PLC0415  Settings name this module before models are ready.

    return Refund.objects.for_a_person().count()


def proposals_to_answer() -> int:
    """How many proposals of members nobody has looked at."""
    from activities.enums import ProposalState  # noqa: PLC0415  Settings name this module before models are ready.
    from activities.models import Proposal  # noqa: PLC0415

    return Proposal.objects.filter(state=ProposalState.PROPOSED).count()


def members_in_line() -> int:
    """How many members wait at the door of a space."""
    from members.enums import MembershipState  # noqa: PLC0415  Settings name this module before models are ready.
    from members.models import SpaceMember  # noqa: PLC0415

    return SpaceMember.objects.filter(state=MembershipState.WAITING).count()


CONTENTS: tuple[tuple[Text, tuple[Page, ...]], ...] = (
    (
        _("People"),
        (
            Page(_("Members"), "group", "members.member"),
            Page(_("Imports"), "upload_file", "members.memberimport"),
            Page(_("Something missing?"), "contact_support", "incentives.case", count=cases_to_answer),
        ),
    ),
    (
        _("Growth"),
        (
            Page(_("Campaigns"), "campaign", "incentives.campaign"),
            Page(_("Does inviting multiply?"), "trending_up", "members.growthwindow"),
            Page(_("Invitations"), "mail", "members.invitation"),
            Page(_("Referrals"), "group_add", "members.referral", count=referrals_to_review),
        ),
    ),
    (
        _("First days"),
        (
            Page(_("How far newcomers get"), "filter_alt", "members.newcomer"),
            Page(_("Greeters"), "waving_hand", "members.greeter"),
            Page(_("Newcomers with a greeter"), "emoji_people", "members.greeting", count=newcomers_unanswered),
        ),
    ),
    (
        _("Spaces and responsibilities"),
        (
            Page(_("Spaces"), "forum", "members.space"),
            Page(_("Who is in a space"), "meeting_room", "members.spacemember", count=members_in_line),
            Page(_("Responsibilities"), "assignment_turned_in", "members.role"),
            Page(_("Appointments"), "how_to_reg", "members.appointment"),
            Page(_("Future hosts"), "psychiatry", "members.cultivation"),
            Page(_("Intentions"), "trending_up", "members.intention"),
            Page(_("Partners"), "handshake", "members.partner"),
        ),
    ),
    (
        _("Games of the day"),
        (
            Page(_("Rounds"), "sports_esports", "members.gameround"),
            Page(_("Turns"), "format_quote", "members.gameturn"),
            Page(_("Games"), "casino", "members.game"),
        ),
    ),
    (
        _("Activities"),
        (
            Page(_("Calendar"), "calendar_month", "activities.activity", view="activities_activity_calendar"),
            Page(_("By stage"), "view_kanban", "activities.activity", view="activities_activity_board"),
            Page(_("Activities"), "event", "activities.activity"),
            Page(_("Series"), "event_repeat", "activities.series"),
            Page(_("Registrations"), "how_to_reg", "activities.registration", count=registrations_to_approve),
            Page(_("Orders"), "receipt_long", "activities.order"),
            Page(_("Refunds"), "currency_exchange", "activities.refund", count=refunds_to_pay),
            Page(_("Groups that buy together"), "groups", "activities.group"),
            Page(_("Codes for free tickets"), "redeem", "activities.ticketcode"),
            Page(_("Scans"), "qr_code_scanner", "activities.scan"),
            Page(_("Feedback"), "reviews", "activities.feedback"),
            Page(_("Letters and certificates"), "workspace_premium", "activities.paper"),
            Page(_("Proposals"), "record_voice_over", "activities.proposal", count=proposals_to_answer),
            Page(_("Proposals by stage"), "view_column", "activities.proposal", view="activities_proposal_board"),
        ),
    ),
    (
        _("Circles"),
        (
            Page(_("Who knows how many"), "diversity_3", "members.acquaintance"),
            Page(_("Connections"), "hub", "members.connection"),
            Page(_("Introductions"), "handshake", "members.introduction"),
        ),
    ),
    (
        _("Contents and needs"),
        (
            Page(_("Contents"), "article", "members.content", count=contents_to_approve),
            Page(_("Needs"), "volunteer_activism", "members.need", count=needs_without_candidates),
        ),
    ),
    (
        _("Standing"),
        (
            Page(_("Tiers held"), "military_tech", "members.standing"),
            Page(_("Rises and falls"), "trending_up", "members.standingchange"),
            Page(_("Places in line"), "format_list_numbered", "members.quotaplace"),
            Page(_("Tiers lent by hand"), "approval_delegation", "members.tierpin"),
            Page(_("Leaves of absence"), "beach_access", "members.leave"),
            Page(_("Tier invitations"), "outgoing_mail", "members.tierinvitation"),
            Page(_("Segments"), "donut_small", "members.segment"),
            Page(_("Who is in a segment"), "groups", "members.segmentmember"),
            Page(_("How segments grow"), "stacked_line_chart", "members.segmentsize"),
            Page(_("Badges held"), "workspace_premium", "incentives.badgegrant"),
        ),
    ),
    (
        _("Conduct"),
        (
            Page(_("Violations and appeals"), "gavel", "members.violation", count=violations_to_decide),
            Page(_("Reports of members"), "flag", "members.report", count=reports_to_review),
            Page(_("Frozen"), "ac_unit", "members.freeze"),
            Page(_("Community rules"), "menu_book", "members.communityrules"),
            Page(_("Kinds of violation"), "category", "members.violationkind"),
            Page(_("Ladder of consequences"), "stairs", "members.conductstep"),
        ),
    ),
    (
        _("Rules"),
        (
            Page(_("Rules"), "bolt", "incentives.ruleversion"),
            Page(_("When they were in force"), "date_range", "incentives.ruleinterval"),
            Page(_("Notices of rules"), "event_upcoming", "incentives.rulenotice"),
            Page(_("Shared limits"), "speed", "incentives.sharedlimit"),
            Page(_("Budget alarms"), "notifications_active", "incentives.budgetalarm"),
            Page(_("Lookup tables"), "table", "incentives.lookuptable"),
        ),
    ),
    (
        _("Quests"),
        (
            Page(_("Quests"), "flag", "incentives.questversion"),
            Page(_("Members on quests"), "directions_walk", "incentives.questrun"),
        ),
    ),
    (
        _("Privileges"),
        (
            Page(_("Requests and bookings"), "inbox", "incentives.privilegeuse", count=promises_to_keep),
            Page(_("Privileges given"), "redeem", "incentives.privilegegrant"),
            Page(_("What is offered"), "loyalty", "incentives.privilege"),
        ),
    ),
    (
        _("Messages"),
        (
            Page(_("Notifications"), "notifications", "members.notification"),
            Page(_("Message templates"), "edit_notifications", "members.messagetemplate"),
        ),
    ),
    (
        _("Points"),
        (
            Page(_("Corrections"), "healing", "incentives.correction", count=corrections_to_approve),
            Page(_("Accounts"), "account_balance_wallet", "incentives.account"),
            Page(_("Journals"), "receipt_long", "incentives.journal"),
            Page(_("Entries"), "list_alt", "incentives.entry"),
            Page(_("Lots and expiry"), "hourglass_bottom", "incentives.lot"),
            Page(_("Pending awards"), "schedule", "incentives.pendingaward"),
            Page(_("Holds"), "lock_clock", "incentives.hold"),
        ),
    ),
    (
        _("Operations"),
        (
            Page(_("Timeline"), "timeline", "members.event"),
            Page(_("Imports of events"), "upload_file", "members.eventimport"),
            Page(_("Who does what"), "assignment_ind", "members.workitem"),
            Page(_("Dead letters"), "report", "members.deadletter", count=letters_waiting),
            Page(_("Rejected events"), "block", "members.rejection"),
            Page(_("Judgements"), "gavel", "incentives.judgement"),
            Page(_("Scheduled jobs"), "update", "django_celery_beat.periodictask"),
        ),
    ),
    (
        _("Configuration"),
        (
            Page(_("Currencies"), "toll", "incentives.currency"),
            Page(_("Ladders and tiers"), "stairs", "members.ladder"),
            Page(_("Changes of ladders"), "history", "members.ladderedit"),
            Page(_("Badges"), "verified", "incentives.badge"),
            Page(_("Event types"), "category", "members.eventtype"),
            Page(_("Counters"), "123", "members.counter"),
            Page(_("Member attributes"), "badge", "members.attributedefinition"),
            Page(_("Evidence of intention"), "balance", "members.intentionevidence"),
            Page(_("Sources"), "input", "members.source"),
        ),
    ),
    (
        _("Access"),
        (
            Page(_("API keys"), "key", "members.apikey"),
            Page(_("Users"), "person", "auth.user"),
            Page(_("Roles"), "badge", "auth.group"),
        ),
    ),
)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The sidebar; what a user may not see is left out."""
    return [{"title": title, "items": [page.entry(request) for page in pages]} for title, pages in CONTENTS]


def start_page(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The start page: what is to be done today, then the contents as the sidebar shows them."""
    from config.today import page  # noqa: PLC0415  Settings name this module before models are ready.

    groups = []
    for title, pages in CONTENTS:
        entries = [page.entry(request) for page in pages if _may_see(_permission(page), page.model)(request)]
        if entries:
            groups.append({"title": title, "entries": entries})
    return {**context, "groups": groups, "today": page.today_of(request)}


def _permission(page: Page) -> str:
    app, name = page.model.split(".")
    return f"{app}.view_{name}"


def style(_request: HttpRequest) -> str:
    return static("laurels/desk.css")


def mark(_request: HttpRequest) -> str:
    return static("laurels/mark.svg")


THEME: dict[str, Any] = {
    "SITE_TITLE": "Laurels",
    "SITE_HEADER": "Laurels",
    "SITE_SUBHEADER": _("Points, tiers and privileges"),
    "SITE_ICON": mark,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": mark}],
    "SHOW_LANGUAGES": True,
    "SHOW_BACK_BUTTON": True,
    "STYLES": [style],
    "DASHBOARD_CALLBACK": "config.desk.start_page",
    "SIDEBAR": {"show_search": True, "show_all_applications": False, "navigation": "config.desk.navigation"},
    # The mock-ups' paper, ink and laurel green, from the lightest to the darkest.
    "COLORS": {
        "base": {
            "50": "#faf9f5",
            "100": "#f1eee5",
            "200": "#e4e0d4",
            "300": "#c9c3b3",
            "400": "#929c94",
            "500": "#626b64",
            "600": "#47524b",
            "700": "#343e38",
            "800": "#28312c",
            "900": "#161c19",
            "950": "#0e1311",
        },
        "primary": {
            "50": "#eff6f0",
            "100": "#e5efe6",
            "200": "#c4dbc9",
            "300": "#9bc4a8",
            "400": "#79c69d",
            "500": "#4fa878",
            "600": "#1d6646",
            "700": "#17583c",
            "800": "#174f37",
            "900": "#12392a",
            "950": "#0e2f23",
        },
    },
}
