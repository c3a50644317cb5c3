"""Who may do what in the admin: four groups, put in place after every migration.

A viewer looks; a community operator also tends members and rules; finance also corrects points and moves money; an
administrator does everything. A role's permissions are ours: what was added to them by hand is taken away again.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission

VIEWER, COMMUNITY, FINANCE, ADMINISTRATOR = "viewer", "community operator", "finance", "administrator"

# Keys and logins are seen by administrators only.
SECRET_MODELS = {"apikey", "historicalapikey", "user", "group", "permission"}
OURS = ("members", "incentives", "activities")
LEDGER = (
    "account",
    "entry",
    "hold",
    "journal",
    "lot",
    "pendingaward",
    "correction",
    "correctionline",
    "correctionstep",
)

LOOKS: tuple[str, ...] = ("django_celery_beat.view_periodictask",)
TENDS_COMMUNITY = (
    "members.add_member",
    "members.change_member",
    "members.change_deadletter",
    "members.add_invitation",
    "members.change_invitation",
    "members.change_referral",
    "members.add_segment",
    "members.change_segment",
    "members.add_segmentmember",
    "members.change_segmentmember",
    "members.add_tierpin",
    "members.change_tierpin",
    "members.add_tierinvitation",
    "members.change_tierinvitation",
    "members.add_leave",
    "members.change_leave",
    "members.add_introduction",
    "members.change_introduction",
    "members.change_content",
    "members.change_need",
    "members.add_greeter",
    "members.change_greeter",
    "members.add_space",
    "members.change_space",
    "members.add_spacemember",
    "members.change_spacemember",
    "members.add_role",
    "members.change_role",
    "members.add_appointment",
    "members.change_appointment",
    "members.add_cultivation",
    "members.change_cultivation",
    "members.add_partner",
    "members.change_partner",
    "members.add_intentionevidence",
    "members.change_intentionevidence",
    "members.add_game",
    "members.change_game",
    "members.add_gameround",
    "members.change_gameround",
    "members.add_violation",
    "members.change_violation",
    "members.change_report",
    "members.add_messagetemplate",
    "members.change_messagetemplate",
    "activities.add_activity",
    "activities.change_activity",
    "activities.add_activityinvitation",
    "activities.change_activityinvitation",
    "activities.delete_activityinvitation",
    "activities.add_activityperson",
    "activities.change_activityperson",
    "activities.delete_activityperson",
    "activities.add_ticket",
    "activities.change_ticket",
    "activities.add_ticketcode",
    "activities.change_ticketcode",
    "activities.change_proposal",
    "activities.add_series",
    "activities.change_series",
    "activities.add_registration",
    "activities.change_registration",
    "incentives.change_case",
    "incentives.add_campaign",
    "incentives.change_campaign",
    "incentives.add_ruleversion",
    "incentives.change_ruleversion",
    "incentives.delete_ruleversion",
    "incentives.add_questversion",
    "incentives.change_questversion",
    "incentives.delete_questversion",
    "incentives.add_sharedlimit",
    "incentives.change_sharedlimit",
    "incentives.add_lookuptable",
    "incentives.change_lookuptable",
    "incentives.add_badge",
    "incentives.change_badge",
    "incentives.add_privilege",
    "incentives.change_privilege",
    "incentives.add_privilegeground",
    "incentives.change_privilegeground",
    "incentives.delete_privilegeground",
    "incentives.add_privilegegrant",
    "incentives.change_privilegegrant",
    "incentives.change_privilegeuse",
)
# Whoever may change an order says that its money has come, and gives back what is theirs.
MOVES_MONEY = ("activities.change_order", "activities.change_refund")
# Points are adjusted by whoever may add a journal; nobody types one.
CORRECTS_POINTS = ("incentives.add_journal", "incentives.add_correction", "incentives.change_correction")


def furnish_roles() -> None:
    """Make the four groups with exactly their permissions; running it again changes nothing."""
    for label in (*OURS, "auth", "django_celery_beat"):
        # Permissions are made after migrations too, and perhaps only after us.
        create_permissions(apps.get_app_config(label), verbosity=0)
    looks = [*_all_of("view_"), *_named(LOOKS)]
    no_ledger = [permission for permission in looks if permission.content_type.model not in LEDGER]
    everything = [*_ours(), *Permission.objects.filter(content_type__app_label="auth"), *_named(LOOKS)]
    roles = {
        VIEWER: looks,
        COMMUNITY: [*no_ledger, *_named(TENDS_COMMUNITY)],
        FINANCE: [*looks, *_named((*CORRECTS_POINTS, *MOVES_MONEY))],
        ADMINISTRATOR: everything,
    }
    for name, permissions in roles.items():
        Group.objects.get_or_create(name=name)[0].permissions.set(permissions)


def _ours() -> Iterable[Permission]:
    return Permission.objects.filter(content_type__app_label__in=OURS).select_related("content_type")


def _all_of(prefix: str) -> list[Permission]:
    return [p for p in _ours() if p.codename.startswith(prefix) and p.content_type.model not in SECRET_MODELS]


def _named(names: Iterable[str]) -> list[Permission]:
    found = []
    for name in names:
        label, _, codename = name.partition(".")
        found.append(Permission.objects.get(content_type__app_label=label, codename=codename))
    return found
