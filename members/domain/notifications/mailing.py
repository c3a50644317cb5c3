"""Sends by email what its template says goes there as well: to whoever has an address and did not switch it off.

A row is marked as tried before the message leaves, so whoever dies in between tries again later: a message may rarely
come twice, under one Message-ID, and never not at all.
"""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from members.domain.texts import text_in
from members.enums import EmailState, MemberStatus
from members.models import Member, Notification, NotificationChoice, NotificationEmail

logger = logging.getLogger(__name__)

SALT = "members.email"
AT_ONCE_MAX, TRIES_MAX = 200, 6
WAIT = timedelta(minutes=5)
# What an address that is no address, or a mailbox that is none, answers for ever.
FOR_EVER = (smtplib.SMTPRecipientsRefused, ValueError)


def write_emails(template_ids: Iterable[int], event_ids: Iterable[int]) -> int:
    """Put what was just told into the post, in the caller's transaction; twice puts it there once."""
    if not settings.EMAILS_ARE_SENT:
        return 0
    told = Notification.objects.filter(
        template_id__in=list(template_ids), event_id__in=list(event_ids), sending__isnull=True
    )
    whom = told.exclude(member__email="").exclude(member__notification_choice__wants_email=False)
    rows = [NotificationEmail(notification_id=pk, next_try_at=at) for pk, at in whom.values_list("pk", "shown_at")]
    NotificationEmail.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def send_emails(*, now: datetime) -> int:
    """Send what is due and return how much went out. Any number of workers may do so at once."""
    sent = 0
    connection = get_connection()
    for _number in range(AT_ONCE_MAX):
        taken = _take(now)
        if taken is None:
            break
        sent += _send(taken, connection, now)
    connection.close()
    return sent


def token_of(member: Member) -> str:
    """What stands in the link by which a member switches email off, without a login and for ever."""
    return signing.dumps(str(member.public_id), salt=SALT)


def member_of(token: str) -> Member | None:
    """Whose link it is; None for one that is not ours."""
    try:
        public_id = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    return Member.objects.filter(public_id=public_id).first()


def wants_email(member_id: int) -> bool:
    return not NotificationChoice.objects.filter(pk=member_id, wants_email=False).exists()


def choose_email(*, member: Member, wants: bool) -> None:
    """Switch email off or on. What is still in the post goes with it; the inbox has it all the same."""
    with transaction.atomic():
        NotificationChoice.objects.update_or_create(member=member, defaults={"wants_email": wants})
        if not wants:
            NotificationEmail.objects.filter(notification__member=member, state=EmailState.WAITING).delete()


def _take(now: datetime) -> NotificationEmail | None:
    """The next that is due, marked as tried."""
    with transaction.atomic():
        due = NotificationEmail.objects.select_for_update(skip_locked=True, of=("self",))
        found = due.filter(state=EmailState.WAITING, next_try_at__lte=now).order_by("next_try_at", "pk").first()
        if found is not None:
            NotificationEmail.objects.filter(pk=found.pk).update(
                tries=F("tries") + 1, next_try_at=now + WAIT * 3**found.tries
            )
            found.tries += 1
    return found


def _send(taken: NotificationEmail, connection: BaseEmailBackend, now: datetime) -> bool:
    notification = Notification.objects.select_related("member").get(pk=taken.pk)
    member = notification.member
    mine = NotificationEmail.objects.filter(pk=taken.pk, state=EmailState.WAITING)
    if not member.email or member.status in (MemberStatus.BANNED, MemberStatus.ERASED) or not wants_email(member.pk):
        mine.delete()
        return False
    try:
        message_for(notification, connection).send()
    except FOR_EVER as error:
        mine.update(state=EmailState.FAILED, error=str(error)[:200])
        return False
    except (smtplib.SMTPException, OSError) as error:
        logger.warning("Email %d was not sent tries=%d: %s", taken.pk, taken.tries, error)
        is_given_up = taken.tries >= TRIES_MAX
        mine.update(error=str(error)[:200], **({"state": EmailState.FAILED} if is_given_up else {}))
        return False
    return bool(mine.update(state=EmailState.SENT, sent_at=now, error=""))


def message_for(notification: Notification, connection: BaseEmailBackend | None = None) -> EmailMessage:
    """The message as it leaves: plain words, the way to the page, and the way out (RFC 8058)."""
    member = notification.member
    language = member.language or settings.LANGUAGE_CODE
    known = {code for code, _ in settings.LANGUAGES}
    way_out = f"{settings.SITE_URL}{reverse('email-off', args=[token_of(member)])}"
    with translation.override(language if language in known else "en"):
        lines = [
            text_in(notification.texts, language),
            f"{settings.SITE_URL}{reverse('points')}",
            _("You get this because it concerns you. No more email: %(url)s") % {"url": way_out},
        ]
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    return EmailMessage(
        subject=text_in(notification.titles, language),
        body="\n\n".join(lines),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[member.email],
        connection=connection,
        headers={
            "Message-ID": f"<notification-{notification.pk}@{host}>",
            "List-Unsubscribe": f"<{way_out}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
        },
    )
