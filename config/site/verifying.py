"""Anybody verifies a paper by its check code; so often in a minute, since nobody needs to more often."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from activities.domain.after import papers
from activities.domain.typed import typed
from activities.domain.wording import name_of
from config.site.rates import may_ask

TRIES_A_MINUTE, CODE_LENGTH_MAX = 30, 40


@never_cache
@require_GET
def ask(request: HttpRequest) -> HttpResponse:
    """A form for a code that was printed."""
    given = typed(request.GET.get("code", ""), length_max=CODE_LENGTH_MAX)
    code = "".join(sign for sign in given if sign.isascii() and sign.isalnum())
    if code:
        return redirect("verify", code=code)
    return render(request, "site/verify.html", {"asked": ""})


@never_cache
@require_GET
def verify(request: HttpRequest, code: str) -> HttpResponse:
    """What a code stands for: what, when, and to whom in the form that they chose."""
    if not may_ask(f"verify:{_who(request)}", most=TRIES_A_MINUTE):
        return render(request, "site/verify.html", {"asked": "", "is_slowed": True}, status=429)
    found = papers.verify(code)
    context = {"asked": code[:CODE_LENGTH_MAX], "found": found}
    if found is not None:
        context |= {"name": name_of(found.activity), "printed": papers.grouped(found.paper.code)}
    return render(request, "site/verify.html", context, status=200 if found is not None else 404)


def _who(request: HttpRequest) -> str:
    """The address of whoever asks; behind a proxy the one that the proxy saw."""
    passed_on = request.headers.get("X-Forwarded-For", "") if settings.SECURE_PROXY_SSL_HEADER else ""
    return passed_on.rpartition(",")[2].strip()[:64] or str(request.META.get("REMOTE_ADDR", ""))
