"""Rights of members: what they are, who holds them, how much of them is used, and what was promised."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from incentives.enums import GroundKind, PrivilegeKind, PrivilegeWay, QuotaPeriod, UseState
from incentives.models.badges import Badge
from incentives.models.ledger import Currency
from members.models import Member, Role, Segment, Tier

WAITING_STATES = (UseState.BOOKED, UseState.WAITING)


class Privilege(models.Model):
    """A right with a quota in a period of the member's own calendar; `quota` null is as often as one likes."""

    code = models.SlugField(_("code"), max_length=64, unique=True)
    names = models.JSONField(_("names"), default=dict, help_text=_("By language, such as en and zh-hans."))
    texts = models.JSONField(
        _("words"), default=dict, blank=True, help_text=_("What it is, in a sentence; by language.")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=PrivilegeKind, default=PrivilegeKind.PLAIN)
    way = models.CharField(_("way of use"), max_length=8, choices=PrivilegeWay, default=PrivilegeWay.APP)
    quota = models.PositiveIntegerField(
        _("quota"), null=True, blank=True, help_text=_("Empty for as often as one likes.")
    )
    every = models.CharField(_("in"), max_length=5, choices=QuotaPeriod, default=QuotaPeriod.MONTH)
    promise_hours = models.PositiveIntegerField(
        _("promised within hours"), null=True, blank=True, validators=[MinValueValidator(1)],
        help_text=_("How long the team may take."),
    )  # fmt: skip
    grant_days = models.PositiveIntegerField(
        _("a grant lasts days"), null=True, blank=True, validators=[MinValueValidator(1)],
        help_text=_("Empty for grants without an end."),
    )  # fmt: skip
    asks = models.BooleanField(
        _("asks for words"), default=False, help_text=_("Whoever uses it says what it is about.")
    )
    takes_attention = models.BooleanField(
        _("takes others' attention"), null=True, blank=True,
        help_text=_("As a pinned post does. What is for sale must say it."),
    )  # fmt: skip
    places = models.PositiveIntegerField(
        _("places"), null=True, blank=True, validators=[MinValueValidator(1)],
        help_text=_("How often all members together may use it in a period; a tenth of them may be bought."),
    )  # fmt: skip
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("privilege")
        verbose_name_plural = _("privileges")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=PrivilegeKind.values), name="privilege_kind_is_known"),
            models.CheckConstraint(condition=Q(way__in=PrivilegeWay.values), name="privilege_way_is_known"),
            models.CheckConstraint(condition=Q(every__in=QuotaPeriod.values), name="privilege_period_is_known"),
            models.CheckConstraint(
                condition=~Q(way="operator") | Q(promise_hours__gte=1), name="what_the_team_fulfils_has_a_deadline"
            ),
            models.CheckConstraint(
                condition=~Q(kind="birthday") | Q(grant_days__gte=1), name="a_birthday_gift_can_be_claimed_for_days"
            ),
            models.CheckConstraint(
                condition=Q(takes_attention__isnull=True)
                | Q(takes_attention=False)
                | Q(places__isnull=False, places__gte=1),
                name="what_takes_attention_has_a_number_of_places",
            ),
        ]

    def __str__(self) -> str:
        return self.code


def _names_only(kind: str, named: str = "") -> Q:
    """Of what a ground of this kind may name, one thing or nothing."""
    every = ("tier", "badge", "segment", "role", "currency")
    return Q(kind=kind, **{f"{name}__isnull": name != named for name in every})


class PrivilegeGround(models.Model):
    """Why members hold a privilege: everyone, from a tier on, with a badge or a role, in a segment, or for points.

    `quota` replaces the privilege's own; the most generous ground counts. For points it is how many a member may buy
    in a period, and `bought_max` how many all members together may.
    """

    privilege = models.ForeignKey(Privilege, on_delete=models.CASCADE, related_name="grounds")
    kind = models.CharField(_("held by"), max_length=8, choices=GroundKind)
    tier = models.ForeignKey(
        Tier, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("tier")
    )
    badge = models.ForeignKey(
        Badge, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("badge")
    )
    segment = models.ForeignKey(
        Segment, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("segment")
    )
    role = models.ForeignKey(
        Role, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("responsibility")
    )
    currency = models.ForeignKey(
        Currency, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("currency")
    )
    price = models.BigIntegerField(_("price"), null=True, blank=True, help_text=_("Of one use, in minor units."))
    quota = models.PositiveIntegerField(
        _("quota"), null=True, blank=True, help_text=_("Empty for the privilege's own.")
    )
    bought_max = models.PositiveIntegerField(
        _("bought at most"), null=True, blank=True, help_text=_("By all members together in a period.")
    )

    class Meta:
        verbose_name = _("ground")
        verbose_name_plural = _("grounds")
        ordering = ["privilege", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=_names_only("everyone")
                | _names_only("tier", "tier")
                | _names_only("badge", "badge")
                | _names_only("segment", "segment")
                | _names_only("role", "role")
                | _names_only("purchase", "currency"),
                name="a_ground_names_what_its_kind_needs",
            ),
            models.CheckConstraint(
                condition=Q(kind="purchase", price__gt=0) | (~Q(kind="purchase") & Q(price__isnull=True)),
                name="only_a_purchase_has_a_price",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.privilege_id}/{self.kind}"


class PrivilegeGrantQuerySet(models.QuerySet["PrivilegeGrant"]):
    def holding(self, moment: datetime) -> PrivilegeGrantQuerySet:
        """Grants that give something at this moment; their end is exclusive."""
        return self.filter(
            Q(until__isnull=True) | Q(until__gt=moment), Q(starts_at__isnull=True) | Q(starts_at__lte=moment),
            granted_at__lte=moment, revoked_at__isnull=True,
        )  # fmt: skip


class PrivilegeGrant(models.Model):
    """A privilege given to one member, until `until` (null: for ever). `key` names what it was given for, once.

    It holds from the grant on, and where it says `starts_at` not before that.

    With `uses_max` it brings so many uses of its own; without, the privilege's own quota counts.
    """

    id = models.BigAutoField(primary_key=True)
    privilege = models.ForeignKey(
        Privilege, on_delete=models.PROTECT, related_name="grants", verbose_name=_("privilege")
    )
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+", verbose_name=_("member"))
    key = models.CharField(max_length=64, editable=False)
    uses_max = models.PositiveIntegerField(
        _("uses at most"), null=True, blank=True, validators=[MinValueValidator(1)],
        help_text=_("Empty for the privilege's own quota."),
    )  # fmt: skip
    uses = models.PositiveIntegerField(_("uses"), default=0, editable=False)
    granted_at = models.DateTimeField(_("granted at"))
    starts_at = models.DateTimeField(_("from"), null=True, blank=True, help_text=_("Empty: from the grant on."))
    until = models.DateTimeField(_("until"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True, editable=False)
    expired_at = models.DateTimeField(_("ended at"), null=True, blank=True, editable=False)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    actor = models.CharField(_("by"), max_length=80, blank=True, editable=False)
    event_id = models.BigIntegerField(_("event"), null=True, editable=False)
    rule_code = models.CharField(_("rule"), max_length=64, blank=True, editable=False)
    rule_version = models.PositiveIntegerField(_("version"), null=True, editable=False)

    objects = PrivilegeGrantQuerySet.as_manager()

    class Meta:
        verbose_name = _("grant of a privilege")
        verbose_name_plural = _("grants of privileges")
        constraints = [
            models.UniqueConstraint(fields=["member", "privilege", "key"], name="privilege_granted_once_for_a_cause"),
            models.CheckConstraint(
                condition=Q(uses_max__isnull=True) | Q(uses__lte=F("uses_max")), name="grant_never_overused"
            ),
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True) | Q(until__isnull=True) | Q(until__gt=F("starts_at")),
                name="a_grant_runs_forward",
                violation_error_message=_("It ends before it begins."),
            ),
        ]
        indexes = [
            # What the job that ends grants reads.
            models.Index(
                fields=["until"],
                condition=Q(until__isnull=False, revoked_at__isnull=True, expired_at__isnull=True),
                name="grant_ends",
            ),
            models.Index(fields=["event_id"], condition=Q(event_id__isnull=False), name="grant_of_event"),
        ]

    def __str__(self) -> str:
        return f"grant {self.pk}"


class PrivilegeTally(models.Model):
    """How often a privilege was used in a period: by a member, or bought by all of them together (member 0).

    `ground` is 0 for the quota of whoever holds it, else the ground by which it was bought. Of all of them together
    (member 0), 0 is every use, and BOUGHT whatever was bought. The database lets nobody use more than `most`, nor buy
    more than a tenth of the `places` where others' attention is taken.
    """

    BOUGHT = -1

    id = models.BigAutoField(primary_key=True)
    privilege_id = models.BigIntegerField()
    member_id = models.BigIntegerField()
    ground = models.BigIntegerField(default=0)
    period = models.IntegerField(default=0)
    used = models.PositiveIntegerField(default=0)
    most = models.PositiveIntegerField(null=True)
    places = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(ground=-1) | Q(places__isnull=True) | Q(places__gte=F("used") * 10),
                name="buyers_have_a_tenth_of_the_attention",
            ),
            models.UniqueConstraint(
                fields=["member_id", "privilege_id", "ground", "period"], name="privilege_tally_kept_once"
            ),
            models.CheckConstraint(
                condition=Q(most__isnull=True) | Q(used__lte=F("most")), name="privilege_quota_never_overused"
            ),
        ]

    def __str__(self) -> str:
        return f"tally of privilege {self.privilege_id} of member {self.member_id}"


class PrivilegeUse(models.Model):
    """One use, with what it took (a place in the quota, a use of a grant, points) so that it can be given back.

    What the team has promised waits with a deadline, an assignee, and in the end an answer and a proof. `held_for`
    names what the use keeps open, such as a place in an activity: only with that it is given back.
    """

    id = models.BigAutoField(primary_key=True)
    privilege = models.ForeignKey(Privilege, on_delete=models.PROTECT, related_name="uses", verbose_name=_("privilege"))
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+", verbose_name=_("member"))
    key = models.BinaryField(max_length=32, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=UseState)
    grant = models.ForeignKey(PrivilegeGrant, on_delete=models.PROTECT, null=True, related_name="+")
    tallies = models.JSONField(default=list, editable=False)
    journal_id = models.BigIntegerField(_("journal"), null=True, editable=False)
    target = models.CharField(_("used on"), max_length=128, blank=True)
    held_for = models.CharField(max_length=64, blank=True, editable=False)
    text = models.TextField(_("words"), max_length=2_000, blank=True)
    used_at = models.DateTimeField(_("used at"))
    wanted_at = models.DateTimeField(_("wanted for"), null=True)
    due_at = models.DateTimeField(_("promised until"), null=True)
    overdue_at = models.DateTimeField(_("overdue since"), null=True)
    actor = models.CharField(_("by"), max_length=80, blank=True)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("assignee"),
    )  # fmt: skip
    answer = models.TextField(_("answer"), max_length=2_000, blank=True)
    proof = models.CharField(_("proof"), max_length=500, blank=True)
    settled_at = models.DateTimeField(_("settled at"), null=True)
    settled_by = models.CharField(_("settled by"), max_length=150, blank=True)

    class Meta:
        verbose_name = _("use of a privilege")
        verbose_name_plural = _("uses of privileges")
        constraints = [
            models.UniqueConstraint(fields=["member", "key"], name="privilege_used_once_for_a_request"),
            models.CheckConstraint(condition=Q(state__in=UseState.values), name="use_state_is_known"),
            models.CheckConstraint(
                condition=~Q(state="waiting") | Q(due_at__isnull=False), name="who_waits_knows_how_long"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["fulfilled", "given_back"], settled_at__isnull=False)
                | (~Q(state__in=["fulfilled", "given_back"]) & Q(settled_at__isnull=True)),
                name="use_is_settled_once",
            ),
            models.CheckConstraint(
                condition=~Q(state="fulfilled") | ~Q(answer="") | ~Q(proof=""), name="a_promise_is_kept_with_proof"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state__in=["booked", "waiting"]), name="uses_by_deadline"),
            models.Index(fields=["member", "-id"], name="uses_of_member"),
            models.Index(fields=["held_for"], condition=~Q(held_for=""), name="uses_by_what_they_open"),
        ]

    def __str__(self) -> str:
        return f"use {self.pk}"
