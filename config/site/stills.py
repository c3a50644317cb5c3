"""Reads pictures of the camera at the door, for browsers that read no codes themselves.

Each takes a thread of the web process while it arrives and is read: a quarter of them at most, so that the others go on
answering, and only so many a minute from one phone.
"""

from __future__ import annotations

import threading

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from activities.domain.checking_in.reading import CannotRead, read_still, too_large
from config.site.door import Door
from config.site.rates import may_ask

AGAIN_SECONDS, SLOWED_SECONDS = 1, 20

_readers = threading.BoundedSemaphore(max(1, settings.WEB_THREADS // 4))


@never_cache
@require_POST
def still(request: HttpRequest, door: Door) -> HttpResponse:
    """The codes on a still, for whoever may scan here now; what is done with them is the page's to send."""
    if not door.is_open:
        raise PermissionDenied
    if int(request.META.get("CONTENT_LENGTH") or 0) > settings.STILL_BYTES_MAX:
        # Said before it is read.
        return _refused(too_large(), 413)
    if not may_ask(f"still:{request.session.session_key}", most=settings.STILLS_PER_MINUTE):
        return _later(
            _("So many pictures a minute are not looked at. Wait a little, or type the code."), SLOWED_SECONDS
        )
    if not _readers.acquire(blocking=False):
        return _later(_("Other pictures are being read. Send it again in a second."), AGAIN_SECONDS)
    try:
        return JsonResponse({"codes": read_still(still=request.body)})
    except CannotRead as error:
        return _refused(error, 422)
    finally:
        _readers.release()


def _refused(error: CannotRead, status: int) -> JsonResponse:
    return JsonResponse({"kind": error.kind, "detail": error.sentence}, status=status)


def _later(sentence: str, seconds: int) -> JsonResponse:
    return JsonResponse({"detail": sentence}, status=429, headers={"Retry-After": str(seconds)})
