"""Where payment services tell us what was paid: proven by their signature, and answered so that they repeat what helps.

What was taken, was known before, or can never be taken is answered with 200, and is not sent again. A signature that is
not theirs is 400. When our database does not answer it is 503: the same message comes again, and is taken then.
"""

from __future__ import annotations

import logging

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from activities.domain.orders import paying, providers
from members.api import problems

logger = logging.getLogger(__name__)


@csrf_exempt  # A service calls, with a signature.
def stripe_news(request: HttpRequest, **_: object) -> JsonResponse:
    """Take what Stripe tells."""
    if request.method != "POST":
        answer = problems.plain(request, status_code=405, kind="method_not_allowed", detail="Stripe sends POST here.")
        answer["Allow"] = "POST"
        return answer
    if not settings.STRIPE_WEBHOOK_SECRET:
        detail = "Nothing is paid by way of Stripe here; set STRIPE_WEBHOOK_SECRET."
        return problems.plain(request, status_code=404, kind="not_found", detail=detail)
    now = timezone.now()
    try:
        news = providers.named("stripe").read(request.body, request.headers, now=now)
        return JsonResponse({"taken": paying.take_news("stripe", news, now=now)})
    except providers.BadNews as error:
        logger.warning("A message in the name of Stripe was refused: %s", error)
        detail = "This message has no signature of Stripe that is valid now."
        return problems.plain(request, status_code=400, kind="bad_signature", detail=detail)
    except paying.CannotPay as error:
        # Nothing that was sent again would change it, and money may have come: somebody should look.
        logger.error("Stripe told of a payment that cannot be taken: %s %s", error.kind, error.sentence)
        return JsonResponse({"taken": 0, "why": error.kind})
    except (OperationalError, InterfaceError) as error:
        logger.warning("Stripe is told to come again: the database did not answer", exc_info=error)
        detail = "The database is busy; send the same message again."
        return problems.plain(request, status_code=503, kind="busy", detail=detail)
