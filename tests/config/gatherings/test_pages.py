"""The calendar and the page of an activity, as members see them and as whoever passes by does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from activities.domain import life, registering
from activities.models import Activity, Registration
from incentives.domain.privileges import granting
from incentives.models import Currency, Privilege, PrivilegeGround
from members.domain.page_links import make_page_link
from members.models import Event, Member, Space
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(client):
    member = factories.MemberFactory(ref="ada", display_name="Ada Lund")
    enter(client, member)
    return member


def enter(client, member):
    client.get(make_page_link(member=member)[0])


def read(client, path, **more):
    answer = client.get(path, **more)
    assert answer.status_code == 200, path
    return answer.content.decode()


def queries(client, path) -> int:
    client.get(path)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(path).status_code == 200
    return len(asked)


def test_whoever_passes_by_sees_what_is_announced_and_no_names(client):
    speaker = factories.MemberFactory(ref="bo", display_name="Bo Roth")
    factories.announced(speaker=speaker, link="https://example.org/room")
    factories.activity("secret-plan", names={"en": "A secret plan"})

    calendar, page = read(client, "/activities/"), read(client, "/activities/evening/")

    assert "An evening" in calendar
    assert "5 of 5 left" in calendar
    assert "A secret plan" not in calendar
    assert client.get("/activities/secret-plan/").status_code == 404
    assert "Bo Roth" not in calendar + page
    assert "example.org/room" not in page
    assert "Log in to register" in page


def test_a_member_registers_and_finds_the_link_that_nobody_else_is_shown(client, ada):
    activity = factories.announced(link="https://example.org/room")
    assert "example.org/room" not in read(client, "/activities/evening/")

    answers = [client.post("/activities/evening/join/", {"channel": "poster"}) for _ in range(2)]

    assert [each.url for each in answers] == ["/activities/evening/#place"] * 2
    made = Registration.objects.get()
    assert (made.state, made.member_id, made.channel) == ("confirmed", ada.pk, "poster")
    assert "example.org/room" in read(client, "/activities/evening/")
    enter(client, factories.MemberFactory(ref="bo"))
    assert "example.org/room" not in read(client, "/activities/evening/")
    activity.refresh_from_db()
    assert activity.seats_taken == 1


def test_what_is_wrong_with_an_answer_stands_beside_its_field_and_what_was_right_stays(client, ada):
    questions = [
        {"code": "diet", "names": {"en": "What do you not eat?"}, "kind": "text", "required": True},
        {"code": "photo", "names": {"en": "Pictures?"}, "kind": "yes_no", "required": True},
        {"code": "level", "names": {"en": "How far?"}, "kind": "choice",
         "options": [{"code": "first", "names": {"en": "First"}}, {"code": "some", "names": {"en": "Some"}}]},
    ]  # fmt: skip
    factories.announced(questions=questions)

    answer = client.post("/activities/evening/join/", {"q-level": "some", "q-photo": "no"})

    page = answer.content.decode()
    assert answer.status_code == 422
    assert not Registration.objects.exists()
    assert 'id="e-q-diet"' in page
    assert 'id="e-q-photo"' not in page
    assert '<option value="some" selected>' in page
    client.post("/activities/evening/join/", {"q-level": "some", "q-photo": "no", "q-diet": "Nuts"})
    assert Registration.objects.get().answers == {"diet": "Nuts", "photo": False, "level": "some"}


def test_htmx_gets_the_refused_form_as_something_it_shows(client, ada):
    factories.announced(questions=[{"code": "diet", "names": {"en": "Diet"}, "kind": "text", "required": True}])

    answer = client.post("/activities/evening/join/", {}, headers={"HX-Request": "true"})

    assert answer.status_code == 200
    assert 'id="e-q-diet"' in answer.content.decode()


def test_every_state_says_what_it_is_and_what_can_be_done(client, ada):
    activity = factories.announced(capacity=1)
    first = registering.register(activity_id=activity.pk, member=factories.MemberFactory(), now=timezone.now())[0]
    client.post("/activities/evening/join/", {})
    assert "Number 1 in line" in read(client, "/activities/evening/")

    registering.cancel(registration_id=first.pk, now=timezone.now())
    page = read(client, "/activities/evening/")
    mine = Registration.objects.get(member=ada)
    assert "A place is free for you" in page
    assert "A place has become free: An evening" in read(client, "/me/")
    client.post(f"/me/registrations/{mine.public_id}/offer/", {"answer": "yes"})
    assert "You have a place" in read(client, "/activities/evening/")
    client.post(f"/me/registrations/{mine.public_id}/cancel/")
    page = read(client, "/activities/evening/")
    assert "You cancelled on" in page
    assert ">Join</button>" in page


def test_nobody_answers_for_somebody_else(client, ada):
    activity = factories.announced()
    other = registering.register(activity_id=activity.pk, member=factories.MemberFactory(), now=timezone.now())[0]

    for step in ("offer", "cancel", "pay"):
        assert client.post(f"/me/registrations/{other.public_id}/{step}/").status_code == 404

    other.refresh_from_db()
    assert other.state == "confirmed"


def test_the_page_says_before_what_goes_back_and_that_is_what_goes_back(client, ada):
    factories.world()
    now = timezone.now()
    activity = factories.announced(late_refund_percent=50, cancel_until=now + timedelta(days=1))
    factories.ticket(activity, points=200, currency=factories.CurrencyFactory(code="points"))
    factories.points_for(ada, 500)
    client.post("/activities/evening/join/", {"ticket": "single"})
    assert "Everything you gave goes back: 200" in read(client, "/activities/evening/")
    Activity.objects.update(cancel_until=now - timedelta(hours=1))

    page = read(client, "/activities/evening/")
    client.post(f"/me/registrations/{Registration.objects.get().public_id}/cancel/")

    assert "100 points of 200 points goes back." in page.lower()
    assert "this would be noted as late" in page
    assert Registration.objects.get().order.points_refunded == 100


def test_a_bill_says_how_to_pay_and_until_when(client, ada, settings):
    settings.OFFLINE_PAYMENT_WORDS = "Into the tin by the door."
    ada.age_band = "adult"
    ada.save()
    activity = factories.announced()
    factories.ticket(activity)
    client.post("/activities/evening/join/", {"ticket": "single"})

    page = read(client, "/activities/evening/")

    assert "Into the tin by the door." in page
    assert "The place is kept for you until" in page
    assert "€20" in page
    assert "To be paid: An evening" in read(client, "/me/")


def test_a_ticket_that_is_not_theirs_stays_visible_with_the_reason(client, ada):
    activity = factories.announced()
    factories.ticket(activity)
    factories.ticket(activity, "early", sells_until=timezone.now() - timedelta(days=1))

    page = read(client, "/activities/evening/")

    assert "This ticket is not sold any more." in page
    assert "Only adults, and whoever has a guardian" in page


def test_points_to_earn_are_those_of_rules_for_this_kind(client, ada):
    factories.world()
    for kind, amount in (("sharing", 7), ("brand", 9)):
        factories.rule(
            {
                "code": f"came-{kind}", "name": {"en": f"Came to {kind}"}, "when": "activity.checked_in",
                "if": f'event.data.kind == "{kind}"', "then": [factories.award(amount)],
            }
        )  # fmt: skip
    factories.announced()

    page = read(client, "/activities/evening/")

    assert "Came to sharing" in page
    assert "Came to brand" not in page


def test_filters_keep_their_kind_and_space(client):
    garden = Space.objects.create(ref="garden", names={"en": "The garden"})
    factories.announced("in-garden", names={"en": "Digging"}, space=garden)
    factories.announced("elsewhere", names={"en": "Reading"})

    by_space, by_kind = read(client, "/activities/?space=garden"), read(client, "/activities/?kind=brand")

    assert "Digging" in by_space
    assert "Reading" not in by_space
    assert "Digging" not in by_kind
    for strange in ("month=9999-99", "month=x", "kind=%00", "day=2026-02-31", "page=-3", "page=99999", "space=%00a"):
        assert client.get(f"/activities/?{strange}").status_code == 200, strange


def test_the_month_shows_days_where_they_are_and_folds_full_ones(client):
    starts = datetime(2031, 3, 30, 22, 30, tzinfo=UTC)
    now = datetime(2031, 3, 1, tzinfo=UTC)
    for number in range(5):
        factories.announced(
            f"night-{number}", now=now, starts_at=starts, ends_at=starts + timedelta(minutes=30), zone="Europe/Berlin"
        )

    page = read(client, "/activities/?month=2031-03")

    # Half past midnight in Berlin, where the clocks have just changed.
    cell = page.partition('<time datetime="2031-03-31">')[2].partition("</td>")[0]
    assert cell.count("<b>00:30</b>") == 3
    assert "+2" in cell
    assert "<b>" not in page.partition('<time datetime="2031-03-30">')[2].partition("</td>")[0]
    day = read(client, "/activities/?month=2031-03&day=2031-03-31")
    assert day.count('class="lr-event ') == 5


def test_the_calendar_asks_the_same_of_the_database_for_one_three_and_a_hundred(client, ada):
    factories.announced("number-0")
    one = queries(client, "/activities/")
    factories.announced("number-1")
    factories.announced("number-2")
    three = queries(client, "/activities/")
    Activity.objects.bulk_create(
        Activity(
            code=f"many-{n}", kind="sharing", names={"en": "x"}, state="open",
            starts_at=timezone.now() + timedelta(hours=n), ends_at=timezone.now() + timedelta(hours=n + 1),
        )
        for n in range(1, 100)
    )  # fmt: skip

    assert one == three == queries(client, "/activities/")


def test_the_page_of_an_activity_and_the_points_page_ask_the_same_for_one_and_three(client, ada):
    def grow(number):
        other = factories.announced(f"other-{number}")
        registering.register(activity_id=other.pk, member=ada, now=timezone.now())
        registering.register(activity_id=activity.pk, member=factories.MemberFactory(), now=timezone.now())
        factories.ticket(activity, f"t{number}", price=0)

    activity = factories.announced(capacity=9)
    factories.ticket(activity, "t", price=0)
    activity.tickets.update(is_active=False)
    grow(0)
    one = queries(client, "/activities/evening/"), queries(client, "/me/")
    activity.tickets.update(is_active=False)
    for number in (1, 2):
        grow(number)
        Activity.objects.get(code="evening").tickets.exclude(code="t2").update(is_active=False)

    assert (queries(client, "/activities/evening/"), queries(client, "/me/")) == one


def test_after_login_a_visitor_is_back_at_the_activity(client):
    factories.announced()
    ada = factories.MemberFactory(ref="ada", user=get_user_model().objects.create_user("ada", "", "a long password"))

    page = read(client, "/activities/evening/")
    answer = client.post("/login/", {"username": "ada", "password": "a long password", "next": "/activities/evening/"})

    assert "/login/?next=/activities/evening/" in page
    assert answer.url == "/activities/evening/"
    assert "You can join." in read(client, "/activities/evening/")
    assert Member.objects.get(pk=ada.pk).user is not None


def test_what_was_called_off_says_so_and_why_to_whoever_had_a_place(client, ada):
    activity = factories.announced()
    client.post("/activities/evening/join/", {})
    life.step(activity_id=activity.pk, to="cancelled", now=timezone.now(), reason="The roof leaks.")

    page = read(client, "/activities/evening/")

    assert "This activity was called off." in page
    assert "The roof leaks." in page
    assert "Called off" in read(client, "/activities/")


def test_proposing_is_once_and_another_member_is_asked_and_answers(client, ada):
    words = {"title": "Mending", "words": "With a needle.", "who": "self"}
    for _ in range(2):
        client.post("/me/proposals/propose/", words)
    assert ada.proposals.count() == 1
    assert "What you would share" in read(client, "/me/")

    bo = factories.MemberFactory(ref="bo", display_name="Bo Roth")
    refused = client.post("/me/proposals/propose/", {**words, "title": "Maps", "who": "member", "speaker": "bo"})
    assert refused.status_code == 302
    # Whoever does not know Bo does not find out that Bo is here.
    assert ada.proposals.count() == 1
    from activities.domain.proposals import proposing

    asked = proposing.propose(proposer=ada, title="Maps", words="By hand.", now=timezone.now(), speaker=bo)
    assert client.post(f"/me/proposals/{asked.public_id}/answer/", {"agrees": "yes"}).status_code == 404
    enter(client, bo)
    page = read(client, "/me/")
    assert "Ada Lund would like you to speak about this." in page
    assert "1 question whether you would speak" in page
    client.post(f"/me/proposals/{asked.public_id}/answer/", {"agrees": "yes"})
    asked.refresh_from_db()
    assert asked.agreed_at is not None
    assert client.post(f"/me/proposals/{asked.public_id}/withdraw/").status_code == 404
    assert Event.objects.filter(type__code="proposal.asked").count() == 1


@pytest.fixture
def visits(db):
    return Privilege.objects.create(code="visits", names={"en": "Ten visits"})


def test_a_ticket_is_taken_with_a_pass_that_says_what_is_left(client, ada, visits):
    Member.objects.update(age_band="adult")
    evening = factories.announced(money="EUR", guests_max=1, late_refund_percent=0)
    factories.ticket(evening, privilege=visits)
    assert "your pass" not in read(client, "/activities/evening/")
    granting.grant_privilege(member_id=ada.pk, privilege=visits, key="k", now=timezone.now(), uses_max=3)

    page = read(client, "/activities/evening/")
    assert "With your pass “Ten visits”, 3 left" in page
    assert page.index('value="single:pass" checked') < page.index('value="single"')
    client.post("/activities/evening/join/", {"ticket": "single:pass", "guests": "1"})

    made = Registration.objects.get()
    assert (made.state, made.pass_uses) == ("confirmed", 2)
    mine = read(client, "/activities/evening/")
    assert "2 uses of Ten visits" in mine
    assert "What you used of your pass comes back." in mine
    client.post(f"/me/registrations/{made.public_id}/cancel/")
    assert "With your pass “Ten visits”, 3 left" in read(client, "/activities/evening/")

    client.post("/activities/evening/join/", {"ticket": "single"})

    assert Registration.objects.latest("pk").state == "held"


def test_a_late_cancellation_says_before_that_the_use_does_not_come_back(client, ada, visits):
    evening = factories.announced(money="EUR", guests_max=1)
    factories.ticket(evening, price=0, privilege=visits, pass_only=True)
    granting.grant_privilege(member_id=ada.pk, privilege=visits, key="k", now=timezone.now())
    assert "With your pass “Ten visits”<" in read(client, "/activities/evening/")
    client.post("/activities/evening/join/", {"ticket": "single:pass", "guests": "1"})
    Activity.objects.update(cancel_until=timezone.now())
    assert "What you used of your pass does not come back." in read(client, "/activities/evening/")

    Activity.objects.update(late_refund_percent=50)

    assert "1 of 2 uses of your pass come back." in read(client, "/activities/evening/")


def test_a_ticket_for_holders_shows_everybody_else_why_not(client, ada, visits):
    evening = factories.announced(money="EUR")
    factories.ticket(evening, price=0, privilege=visits, pass_only=True)

    page = read(client, "/activities/evening/")
    answer = client.post("/activities/evening/join/", {"ticket": "single"})

    assert "It has not been granted." in page
    assert "With Ten visits" in read(client, "/activities/")
    assert (answer.status_code, Registration.objects.count()) == (422, 0)
    assert "only had with Ten visits" in answer.content.decode()


def test_a_use_that_costs_points_says_so(client, ada, visits):
    factories.points_for(ada, 100)
    Privilege.objects.update(takes_attention=False)
    PrivilegeGround.objects.create(
        privilege=visits, kind="purchase", price=40, currency=Currency.objects.get(code="points")
    )
    evening = factories.announced(money="EUR")
    factories.ticket(evening, price=0, privilege=visits, pass_only=True)

    assert "40 Points" in read(client, "/activities/evening/")


def test_a_page_with_passes_asks_as_often_for_three_tickets_as_for_one(client, ada, visits):
    evening = factories.announced(money="EUR")
    factories.ticket(evening, privilege=visits)
    granting.grant_privilege(member_id=ada.pk, privilege=visits, key="k", now=timezone.now(), uses_max=3)
    with_one = queries(client, "/activities/evening/")
    for code in ("two", "three"):
        other = Privilege.objects.create(code=code, names={"en": code})
        factories.ticket(evening, code, privilege=other)

    assert queries(client, "/activities/evening/") == with_one
