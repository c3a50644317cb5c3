"""Words by language in the admin: a line for each language, and whatever else was there stays."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse

from incentives.models import Badge
from members.admin.languages import ByLanguage


def _posted(**given: str) -> object:
    return ByLanguage(is_long=False).value_from_datadict(given, {}, "names")


def test_lines_become_one_object_and_empty_ones_are_no_words():
    found = _posted(names_0=" First ", names_1="", names_2="")
    assert json.loads(found) == {"en": "First"}


def test_words_in_further_languages_stay():
    shown = ByLanguage(is_long=False).decompress({"en": "First", "fr": "Premier"})
    assert shown[:2] == ["First", ""]
    found = _posted(names_0="First", names_1="第一", names_2=shown[2])
    assert json.loads(found) == {"en": "First", "zh-hans": "第一", "fr": "Premier"}


@pytest.mark.parametrize("others", ["{", "[1]", "7"])
def test_what_was_tampered_with_is_no_language(others):
    assert json.loads(_posted(names_0="First", names_1="", names_2=others)) == {"en": "First"}


def test_an_object_under_the_plain_name_is_taken_whole_and_nothing_is_nothing():
    assert _posted(names='{"fr": "Premier"}', names_0="First", names_1="", names_2="") == '{"fr": "Premier"}'
    assert _posted() is None


@pytest.mark.django_db
def test_an_operator_writes_a_name_in_each_language(admin_client):
    badge = Badge.objects.create(code="first", names={"en": "First", "fr": "Premier"})
    path = reverse("admin:incentives_badge_change", args=[badge.pk])
    form = admin_client.get(path).context["adminform"].form
    sent = {name: form[name].value() or "" for name in form.fields if name not in ("names", "texts")}
    sent |= {"names_0": "First post", "names_1": "第一篇", "names_2": '{"fr": "Premier"}', "why": "Clearer."}
    assert admin_client.post(path, sent).status_code == 302, "it was saved"
    badge.refresh_from_db()
    assert badge.names == {"en": "First post", "zh-hans": "第一篇", "fr": "Premier"}
