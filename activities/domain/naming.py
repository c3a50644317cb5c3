"""Words for messages that only the activities app knows: names, times and places instead of codes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from activities.domain.wording import moment_words
from activities.models import Activity, Proposal
from members.domain.notifications.words import Happened
from members.domain.texts import text_in

ACTIVITY, PROPOSAL = "activity.", "proposal."


class Naming:
    """`activity` and `proposal` by name; `begins` and `where` of an activity; `until` to the minute."""

    def names(self, type_code: str, fields: Iterable[str]) -> Iterable[str]:
        if type_code.startswith(ACTIVITY):
            return ("begins", "where")
        return ("begins", "where", "title") if type_code.startswith(PROPOSAL) else ()

    def values(self, events: Sequence[Happened], language: str) -> dict[int, dict[str, str]]:
        mine = [each for each in events if each.type.startswith((ACTIVITY, PROPOSAL))]
        codes = {str(each.data.get("activity")) for each in mine if each.data.get("activity")}
        activities = {each.code: each for each in Activity.objects.filter(code__in=codes)} if codes else {}
        ids = {str(each.data["proposal"]) for each in mine if each.data.get("proposal")}
        found = Proposal.objects.filter(public_id__in=ids).values_list("public_id", "title") if ids else ()
        titles = {str(public_id): title for public_id, title in found}
        return {each.id: self._said(each, activities, titles, language) for each in mine}

    def _said(
        self, each: Happened, activities: dict[str, Activity], titles: dict[str, str], language: str
    ) -> dict[str, str]:
        said: dict[str, str] = {}
        activity = activities.get(str(each.data.get("activity", "")))
        if activity is not None:
            said["activity"] = text_in(activity.names, language, activity.code)
            said["begins"], said["where"] = moment_words(activity.starts_at, activity), activity.place
            until: Any = each.data.get("until")
            if isinstance(until, datetime):
                said["until"] = moment_words(until, activity)
        if each.type.startswith(PROPOSAL):
            said["title"] = titles.get(str(each.data.get("proposal", "")), "")
        return said


NAMING = Naming()
