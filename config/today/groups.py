"""The groups of the Today page, in the order of the page. Another one is another entry."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.models import AbstractBaseUser
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from config.today import finding
from config.today.registry import Group
from incentives.domain.privileges import fulfilling


def _list(model: str, query: str = "") -> Callable[[], str]:
    return lambda: reverse(f"admin:{model}_changelist") + (f"?{query}" if query else "")


def _assign_uses(ids: list[int], to: AbstractBaseUser | None) -> int:
    return fulfilling.assign(use_ids=ids, to=to)


GROUPS: tuple[Group, ...] = (
    Group(
        "correction", _("Approvals"), "healing", "incentives.view_correction", "incentives.change_correction",
        finding.corrections, _list("incentives_correction", "state__exact=waiting"),
    ),
    Group(
        "request", _("Direct line"), "support_agent", "incentives.view_privilegeuse", "incentives.change_privilegeuse",
        finding.requests, _list("incentives_privilegeuse", "state__exact=waiting"), assign=_assign_uses,
        member="member",
    ),
    Group(
        "case", _("Something missing?"), "contact_support", "incentives.view_case", "incentives.change_case",
        finding.cases, _list("incentives_case"), member="member",
    ),
    Group(
        "appeal", _("Appeals"), "balance", "members.view_violation", "members.change_violation",
        finding.appeals, _list("members_violation", "state__exact=appealed"), member="member",
    ),
    Group(
        "violation", _("Found by software, to be looked at"), "gavel", "members.view_violation",
        "members.change_violation", finding.violations, _list("members_violation", "needs_person__exact=1"),
        member="member",
    ),
    Group(
        "report", _("Reports of members"), "flag", "members.view_report", "members.change_report",
        finding.reports, _list("members_report", "state__exact=waiting"), member="subject",
    ),
    Group(
        "referral", _("Referrals to review"), "group_add", "members.view_referral", "members.change_referral",
        finding.referrals, _list("members_referral", "state__exact=review"), member="member",
    ),
    Group(
        "refund", _("Refunds to pay"), "currency_exchange", "activities.view_refund", "activities.change_refund",
        finding.refunds, _list("activities_refund", "state__exact=due"), space="order__activity__space",
    ),
    Group(
        "part", _("Orders paid in part"), "receipt_long", "activities.view_order", "activities.change_order",
        finding.parts, _list("activities_order", "state__exact=placed"), space="activity__space",
    ),
    Group(
        "booking", _("To be fulfilled"), "event_available", "incentives.view_privilegeuse",
        "incentives.change_privilegeuse", finding.bookings, _list("incentives_privilegeuse", "state__exact=booked"),
        assign=_assign_uses,
        member="member",
    ),
    Group(
        "newcomer", _("Newcomers whom nobody has answered"), "waving_hand", "members.view_newcomer",
        "members.change_member", finding.newcomers, _list("members_newcomer"), member="member",
    ),
    Group(
        "line", _("Lines at spaces"), "door_open", "members.view_spacemember", "members.change_spacemember",
        finding.lines, _list("members_spacemember", "state__exact=waiting"), space="space",
    ),
    Group(
        "unclosed", _("Activities to be closed"), "task_alt", "activities.view_activity", "activities.change_activity",
        finding.unclosed_activities, _list("activities_activity", "state__exact=finished"),
    ),
    Group(
        "rhythm", _("Months without an activity for members"), "event_upcoming", "activities.add_activity",
        "activities.add_activity", finding.months_without, _list("activities_activity", "kind__exact=member"),
    ),
    Group(
        "small", _("Brand activities that reach too few"), "groups_3", "activities.view_activity",
        "activities.change_activity", finding.small_activities, _list("activities_activity", "kind__exact=brand"),
        space="space",
    ),
    Group(
        "birthday", _("Birthdays"), "cake", "members.view_member", "members.change_member",
        finding.birthdays, _list("members_member"), member="pk",
    ),
    Group(
        "near", _("Know three or four"), "handshake", "members.view_acquaintance", "members.add_introduction",
        finding.nearly_connected, _list("members_acquaintance", "known_by=near"), member="member",
    ),
    Group(
        "budget", _("Budgets that ring"), "notifications_active", "incentives.view_budgetalarm",
        "incentives.change_sharedlimit", finding.alarms, _list("incentives_budgetalarm"),
    ),
    Group(
        "growth", _("Inviting multiplies less"), "trending_down", "members.view_growthwindow",
        "members.change_referral", finding.growth, _list("members_growthwindow"),
    ),
    Group(
        "ending", _("Rules that end this week"), "event_busy", "incentives.view_ruleversion",
        "incentives.change_ruleversion", finding.ending_rules, _list("incentives_ruleversion", "state__exact=live"),
    ),
    Group(
        "letter", _("Dead letters"), "report", "members.view_deadletter", "members.change_deadletter",
        finding.letters, _list("members_deadletter", "state__exact=waiting"),
    ),
)  # fmt: skip
