"""What the rules decided about an event, and from what they saw: pin, trace and replay source in one."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Judgement(models.Model):
    """One decision about one event; a new run is a deliberate re-evaluation.

    `facts` holds what the rules of the type read beyond the event's own data; `verdicts` what each rule that
    matched wanted and was paid, and what cut it. Clauses that failed are recomputed from the facts when asked.
    """

    id = models.BigAutoField(primary_key=True)
    event_id = models.BigIntegerField(_("event"))
    run = models.PositiveSmallIntegerField(_("run"), default=0)
    member_id = models.BigIntegerField(_("member"))
    rule_set_id = models.IntegerField(_("rule set"))
    judged_at = models.DateTimeField(_("judged at"))
    sequence = models.IntegerField(_("place in its batch"))
    facts = models.TextField(_("facts"))
    verdicts = models.TextField(_("verdicts"))

    class Meta:
        verbose_name = _("judgement")
        verbose_name_plural = _("judgements")
        constraints = [models.UniqueConstraint(fields=["event_id", "run"], name="event_judged_once_per_run")]

    def __str__(self) -> str:
        return f"judgement of event {self.event_id}, run {self.run}"
