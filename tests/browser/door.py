"""What a test of the door does with its page."""

from __future__ import annotations

from activities.domain.checking_in.codes import code_of
from activities.models import Registration

PHONE = {"width": 390, "height": 844}
LANGUAGES = ["en", "zh-hans"]


def code(ref):
    return code_of(Registration.objects.get(member__ref=ref))


def speak(page, server, language):
    page.context.add_cookies([{"name": "django_language", "value": language, "url": server}])


def typed(page, text):
    page.locator("#code-form [name=code]").fill(text)
    page.locator("#code-form button").click()
