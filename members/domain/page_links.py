"""The way into a points page: a signed link that the host app asks for and hands to its member."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.core import signing

from members.domain.statuses import rights_of, why_not
from members.models import Member

SALT = "laurels.page-link"


class MayNotEnter(Exception):
    """A member whose status opens no points page."""


class LinkNotValid(Exception):
    """The link was changed, or its time is over; the host app can make a new one."""


def make_page_link(*, member: Member) -> tuple[str, int]:
    """Return (address, seconds it is good for). Raises MayNotEnter."""
    if not rights_of(member.status).enter:
        raise MayNotEnter(f"{why_not(member.status)} There is no page for them.")
    token = signing.TimestampSigner(salt=SALT).sign(member.public_id.hex)
    return f"{settings.SITE_URL}/enter/?{urlencode({'t': token})}", settings.PAGE_LINK_SECONDS


def read_page_link(token: str) -> Member:
    """Return the member a token was made for. Raises LinkNotValid."""
    try:
        hex_id = signing.TimestampSigner(salt=SALT).unsign(token[:500], max_age=settings.PAGE_LINK_SECONDS)
        member = Member.objects.get(public_id=hex_id)
    except (signing.BadSignature, Member.DoesNotExist) as error:
        raise LinkNotValid("This link is not valid any more.") from error
    if not rights_of(member.status).enter:
        raise LinkNotValid("This link is not valid any more.")
    return member
