"""Words in several languages: a line for each, where the model keeps one object by language."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import Field, JSONField
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

# What is kept by language bears one of these names; those below it are longer than a line.
SHORT = frozenset({"names", "titles"})
LONG = frozenset({"summaries", "texts"})


class ByLanguage(forms.MultiWidget):
    """An input for each language of the service. Words in other languages, which apps may have written, are kept."""

    use_fieldset = True

    def __init__(self, *, is_long: bool) -> None:
        named = {"rows": 3} if is_long else {}
        kind = UnfoldAdminTextareaWidget if is_long else UnfoldAdminTextInputWidget
        shown = [
            kind(attrs={"lang": code, "placeholder": str(name), "aria-label": str(name), **named})
            for code, name in settings.LANGUAGES
        ]
        super().__init__([*shown, forms.HiddenInput()])

    def use_required_attribute(self, initial: Any) -> bool:
        """One language is enough; the form says so, not the browser."""
        return False

    def decompress(self, value: Any) -> list[str]:
        words = value if isinstance(value, Mapping) else _read(value)
        others = {code: words[code] for code in words if code not in dict(settings.LANGUAGES)}
        return [*(words.get(code, "") for code, _ in settings.LANGUAGES), json.dumps(others) if others else ""]

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Any:
        """The object as JSON, in the order of the languages; written whole under the plain name it counts as it is."""
        if name in data:
            return data[name]
        *words, others = super().value_from_datadict(data, files, name)
        if all(each is None for each in words):
            return None
        written = {code: text.strip() for (code, _), text in zip(settings.LANGUAGES, words, strict=True) if text}
        return json.dumps({**written, **_read(others)}, ensure_ascii=False)

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return name not in data and super().value_omitted_from_data(data, files, name)


class Worded:
    """An admin, or an inline of one, whose words by language are written a line for each, and other objects small."""

    def formfield_for_dbfield(self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, JSONField) and db_field.name in SHORT | LONG:
            return db_field.formfield(widget=ByLanguage(is_long=db_field.name in LONG))
        found = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        if isinstance(db_field, JSONField) and found is not None:
            # Most are empty or a line long, and whoever writes more draws it larger.
            found.widget.attrs["rows"] = 3
        return found


def _read(written: str | None) -> dict[str, Any]:
    """An object by language as a page carried it; whatever else was put there is nothing."""
    try:
        found = json.loads(written or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
