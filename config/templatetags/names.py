"""Names kept by language, in the reader's."""

from __future__ import annotations

from django import template
from django.utils.translation import get_language

from incentives.domain.rules.documents import text_in

register = template.Library()


@register.filter
def in_language(names: dict[str, str], fallback: str) -> str:
    return text_in(names, get_language() or "en", fallback)
