"""What goes out by email: once, to whoever wants it, through a real conversation with a mail server."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from members.domain.events.telling import tell
from members.domain.notifications import inbox, mailing
from members.domain.notifications.writing import write_notifications
from members.domain.registry import registry
from members.models import EventType, Member, MessageTemplate, NotificationEmail
from tests import factories
from tests.mailbox import mailbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def box(settings):
    with mailbox() as found:
        settings.EMAILS_ARE_SENT = True
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", found.port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.SITE_URL = "https://bakers.example"
        yield found


@pytest.fixture
def ada():
    MessageTemplate.objects.create(
        code="joined", event_type=EventType.objects.get(code="space.joined"), by_email=True,
        titles={"en": "Welcome to {space}", "zh-hans": "欢迎来到{space}"}, texts={"en": "Hello {name}.", "zh-hans": "你好，{name}。"},
    )  # fmt: skip
    registry.forget()
    return factories.MemberFactory(ref="ada", display_name="Ada", email="ada@example.org")


def happen(*members, space="circle"):
    now = timezone.now()
    tell("space.joined", [(each.pk, {"space": space}) for each in members], now=now)
    write_notifications(now=now)


def send(minutes=0):
    return mailing.send_emails(now=timezone.now() + timedelta(minutes=minutes))


def test_what_a_template_says_goes_by_email_goes_once(box, ada):
    happen(ada)

    assert [send(), send(9)] == [1, 0]

    (message,) = box.messages
    assert (message["to"], message["subject"]) == ("ada@example.org", "Welcome to circle")
    body = message.get_content()
    assert "Hello Ada." in body
    assert "https://bakers.example/me/" in body
    assert message["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    assert "<https://bakers.example/email/off/" in message["list-unsubscribe"]
    assert NotificationEmail.objects.get().state == "sent"


def test_whoever_speaks_chinese_reads_chinese(box, ada):
    Member.objects.update(language="zh-hans")
    happen(Member.objects.get())

    send()

    assert box.messages[0]["subject"] == "欢迎来到circle"
    assert "你好，Ada。" in box.messages[0].get_content()


@pytest.mark.parametrize(
    ("_case", "change"),
    [
        ("no_address", lambda ada: Member.objects.update(email="")),
        ("not_wanted", lambda ada: mailing.choose_email(member=ada, wants=False)),
        ("not_by_email", lambda ada: MessageTemplate.objects.update(by_email=False)),
    ],
)
def test_nothing_goes_to_whom_it_should_not(box, ada, _case, change):
    change(ada)

    happen(ada)

    assert (NotificationEmail.objects.count(), send()) == (0, 0)
    assert inbox.inbox_of(ada, now=timezone.now(), count=5).unread == 1


def test_without_a_mail_server_nothing_is_put_into_the_post(settings, ada):
    settings.EMAILS_ARE_SENT = False

    happen(ada)

    assert NotificationEmail.objects.count() == 0


def test_whoever_switches_it_off_meanwhile_gets_nothing(box, ada):
    happen(ada)

    mailing.choose_email(member=ada, wants=False)

    assert (send(), box.messages) == (0, [])


def test_whoever_is_banned_meanwhile_gets_nothing(box, ada):
    happen(ada)
    Member.objects.update(status="banned")

    assert (send(), box.messages, NotificationEmail.objects.count()) == (0, [], 0)


def test_a_mail_server_that_is_busy_is_asked_again_later_and_at_last_given_up(box, ada):
    happen(ada)
    box.is_busy = True

    assert [send(), send(4), send(6)] == [0, 0, 0]
    waiting = NotificationEmail.objects.get()
    assert (waiting.state, waiting.tries) == ("waiting", 2)
    assert "try again later" in waiting.error
    box.is_busy = False
    assert send(60) == 1
    happen(ada, space="other")
    box.is_busy = True
    for hours in range(80):
        send(60 * hours)
    assert NotificationEmail.objects.order_by("pk").last().state == "failed"


def test_a_mailbox_that_is_none_is_not_asked_again(box, ada):
    box.nobody.add("ada@example.org")
    happen(ada)

    send()
    send(60)

    failed = NotificationEmail.objects.get()
    assert (failed.state, failed.tries) == ("failed", 1)


def test_a_name_that_would_write_headers_is_refused(box, ada):
    MessageTemplate.objects.update(titles={"en": "Welcome {name}"}, texts={"en": "Hello."})
    Member.objects.update(display_name="Ada\nBcc: all@example.org")
    happen(Member.objects.get())

    assert (send(), box.messages) == (0, [])
    assert NotificationEmail.objects.get().state == "failed"


def test_one_dead_letter_holds_up_nobody(box, ada):
    bo = factories.MemberFactory(ref="bo", email="bo@example.org")
    box.nobody.add("ada@example.org")
    happen(ada, bo)

    assert send() == 1
    assert [message["to"] for message in box.messages] == ["bo@example.org"]


def test_two_who_are_one_keep_their_no(ada):
    from incentives.domain.merging import merge

    bo = factories.MemberFactory(ref="bo")
    mailing.choose_email(member=bo, wants=False)

    merge(survivor_id=ada.pk, merged_id=bo.pk, now=timezone.now(), reason="The same person.")

    assert not mailing.wants_email(ada.pk)


def test_the_way_out_needs_no_login_one_press_and_no_look(client, ada):
    address = f"/email/off/{mailing.token_of(ada)}/"

    assert "No more email?" in client.get(address).content.decode()
    assert mailing.wants_email(ada.pk)
    # As a mail program presses it.
    assert client.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not mailing.wants_email(ada.pk)
    assert "no email from us any more" in client.get(address).content.decode()
    assert client.post("/email/off/forged/").status_code == 404


def test_an_app_switches_email_like_the_member(client_of, ada):
    client = client_of()
    address = "/api/v1/members/ada/notification-choice"

    assert client.get(address).json() == {"promotions": True, "email": True}
    assert client.put(address, {"promotions": True, "email": False}).json() == {"promotions": True, "email": False}
    assert client.put(address, {"promotions": False}).json() == {"promotions": False, "email": False}
