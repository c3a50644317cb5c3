"""Files what apps report of contents with the other reports of members, where people decide. Runs often."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction

from members.domain.conduct.reports import CannotReport, report
from members.models import ContentMark

logger = logging.getLogger(__name__)
FILED_MAX = 500


def file_reports(*, now: datetime) -> int:
    """File each of them once and return how many; what may not be reported is let go."""
    filed = 0
    open_marks = ContentMark.objects.filter(is_open=True).order_by("pk")
    for mark_id in open_marks.values_list("pk", flat=True)[:FILED_MAX]:
        with transaction.atomic():
            # SQLite knows no rows to lock, and has one writer.
            mark = open_marks.select_for_update(of=("self",)).select_related("content__author", "by").filter(pk=mark_id)
            found = mark.first()
            if found is None or found.by is None:
                continue
            try:
                _, is_new = report(
                    reporter=found.by, subject=found.content.author, about=found.content.external_id, text="", now=now
                )
            except CannotReport as error:
                logger.warning("A report of content %d is let go: %s", found.content_id, error)
            else:
                filed += is_new
            ContentMark.objects.filter(pk=mark_id).update(is_open=False)
    return filed
