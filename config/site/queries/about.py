"""What a member sees of what is known about them."""

from __future__ import annotations

from dataclasses import dataclass

from config.site.queries.words import language_now
from incentives.domain.wording import value_words
from members.domain.attributes import definitions
from members.domain.texts import text_in
from members.enums import ShownTo
from members.models import Member


@dataclass(frozen=True, slots=True)
class AboutLine:
    """What is known of the member under a name; `value` is ready to be written."""

    name: str
    value: str


def about_of(member: Member) -> list[AboutLine]:
    """The attributes that members see of themselves; no query where there are none."""
    if not member.attributes:
        return []
    return [
        AboutLine(text_in(each.names, language_now(), each.code), value_words(member.attributes[each.code]))
        for each in definitions().values()
        if each.shown_to == ShownTo.MEMBER and each.code in member.attributes
    ]
