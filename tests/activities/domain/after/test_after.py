from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from activities.domain import registering
from activities.domain.after import feedback, fonts, papers, printing, recaps
from activities.domain.after.reporting import report_of
from activities.domain.checking_in.scanning import Scanned, take
from activities.domain.checking_in.taking_back import undo
from activities.enums import NameForm, PaperKind
from activities.models import Activity, Feedback, Order, Paper, Recap, Registration
from incentives.domain import erasing
from members.models import Connection, Event, Invitation, Member, Referral
from tests import factories
from tests.fonts import font_with

pytestmark = pytest.mark.django_db


@pytest.fixture
def past():
    factories.world()
    now = timezone.now()
    return factories.announced(now=now - timedelta(days=9), starts_at=now - timedelta(days=2), capacity=20)


def came(activity, ref="ada", *, guests=0, **more):
    more.setdefault("joined_at", activity.starts_at - timedelta(days=200))
    member = factories.MemberFactory(ref=ref, **more)
    Activity.objects.filter(pk=activity.pk).update(guests_max=3)
    made, _new = registering.register(
        activity_id=activity.pk, member=member, now=activity.starts_at - timedelta(hours=3), guests=guests
    )
    scan = Scanned(nonce=f"n-{ref}", scanned_at=activity.starts_at, registration=made)
    assert take(activity_id=activity.pk, scanned=scan, now=activity.starts_at).scan.result == "came"
    made.refresh_from_db()
    return made


def rate(registration, stars=4, **more):
    more.setdefault("now", timezone.now())
    return feedback.rate(registration_id=registration.pk, stars=stars, **more)


# Feedback


def test_feedback_is_given_once_mended_for_some_days_and_told_once(past):
    ada = came(past)

    first, is_new = rate(ada, 4, words="Warm.")
    again, is_new_again = rate(ada, 2, words="Cold.", shows_name=True)

    assert (is_new, is_new_again, first.pk) == (True, False, again.pk)
    kept = Feedback.objects.get()
    assert (kept.stars, kept.words, kept.shows_name, kept.changed_at is not None) == (2, "Cold.", True, True)
    assert Event.objects.filter(type__code="activity.rated").count() == 1


def test_only_whoever_came_gives_feedback_and_not_for_ever(past):
    ada = came(past)
    undo(registration_id=ada.pk, nonce="u", reason="Mistaken.", now=timezone.now())

    with pytest.raises(feedback.CannotRate, match="Only whoever came"):
        rate(ada)
    bo = came(past, "bo")
    with pytest.raises(feedback.CannotRate, match="is over"):
        rate(bo, now=past.ends_at + timedelta(days=14))

    assert Feedback.objects.count() == 0


def test_hosts_read_words_without_names_unless_their_member_shows_it(past):
    rate(came(past, "bo", display_name="Bo Roth"), 5, words="Again!", shows_name=True)
    rate(came(past, "ada", display_name="Ada Lund"), 3, words="A bit long.")

    assert [(each.stars, each.words, each.name) for each in feedback.lines_of(past)] == [
        (3, "A bit long.", ""), (5, "Again!", "Bo Roth"),
    ]  # fmt: skip


# Recaps


@pytest.mark.parametrize(
    ("texts", "photos", "kind"),
    [
        ({"en": " "}, [], "words_missing"),
        ({"en": "x"}, ["http://example.org/a"], "bad_address"),
        ({"en": "x"}, ["javascript:alert(1)"], "bad_address"),
        ({"en": "x"}, ["https://["], "bad_address"),
        ({"en": "x"}, ["https://example.org/a"] * 51, "too_many_photos"),
    ],
)
def test_a_bad_recap_is_refused_and_leaves_nothing(past, texts, photos, kind):
    Activity.objects.update(state="finished")

    with pytest.raises(recaps.CannotWrite) as refused:
        recaps.write(activity_id=past.pk, texts=texts, photos=photos, now=timezone.now())

    assert (refused.value.kind, Recap.objects.count()) == (kind, 0)


def test_a_recap_comes_after_and_takes_the_place_of_the_one_before(past):
    with pytest.raises(recaps.CannotWrite, match="not over"):
        recaps.write(activity_id=past.pk, texts={"en": "x"}, photos=[], now=timezone.now())
    Activity.objects.update(state="finished")

    for words in ("First.", "Second."):
        recaps.write(
            activity_id=past.pk, texts={"en": words}, photos=["https://example.org/a"], now=timezone.now(), by="Ines"
        )

    assert [(each.texts, each.photos, each.by) for each in Recap.objects.all()] == [
        ({"en": "Second."}, ["https://example.org/a"], "Ines")
    ]


# Papers


def issue(registration, kind=PaperKind.CERTIFICATE, **more):
    return papers.issue(registration_id=registration.pk, kind=kind, now=timezone.now(), **more)


def test_a_paper_is_issued_once_and_anybody_can_verify_it(past):
    ada = came(past, display_name="Ada Lund")

    first, is_new = issue(ada)
    again, is_new_again = issue(ada)

    assert (first.code, is_new, is_new_again) == (again.code, True, False)
    found = papers.verify(f" {papers.grouped(first.code).lower()} ")
    assert (found.to, found.activity.code, found.holds) == ("Ada Lund", "evening", True)


@pytest.mark.parametrize(
    ("form", "to"), [(NameForm.NAME, "Ada M. Lund"), (NameForm.INITIALS, "A. M. L."), (NameForm.NOBODY, "")]
)
def test_the_name_stands_in_the_form_that_its_member_chose(past, form, to):
    ada = came(past, display_name="Ada M. Lund")
    issue(ada)

    paper, _new = issue(ada, name_form=form)

    assert (papers.verify(paper.code).to, Paper.objects.count()) == (to, 1)


@pytest.mark.parametrize("text", ["", "ABCD", "0" * 12, "ABCDEFGHJKLM", "x" * 5000, "\x00" * 12, "ÄÖÜ456789ABC"])
def test_a_code_that_was_never_given_is_verified_as_nothing(past, text):
    issue(came(past))

    assert papers.verify(text) is None


def test_a_certificate_is_for_whoever_came_and_holds_no_longer_than_that(past):
    ada = came(past)
    paper, _new = issue(ada)
    undo(registration_id=ada.pk, nonce="u", reason="Mistaken.", now=timezone.now())

    assert papers.verify(paper.code).holds is False
    with pytest.raises(papers.CannotIssue, match="whoever came"):
        issue(ada)


def test_an_admission_letter_is_for_whoever_has_a_place(past):
    ada = came(past)
    issue(ada, PaperKind.ADMISSION)
    Registration.objects.update(state="cancelled", ended_at=timezone.now(), checked_in_at=None)

    assert papers.verify(Paper.objects.get().code).holds is False
    with pytest.raises(papers.CannotIssue, match="has a place"):
        issue(ada, PaperKind.ADMISSION)


@pytest.mark.parametrize("kind", list(PaperKind))
def test_a_paper_is_printed_as_one_page_and_again_as_the_same(past, kind):
    paper, _new = issue(came(past, display_name="Zoë Lünd"), kind)

    file = printing.printed(paper)

    assert file.startswith(b"%PDF-")
    assert file.count(b"/Type /Page\n") == 1
    assert printing.printed(paper) == file


def test_words_that_no_font_can_write_are_refused_and_never_left_out(past, settings, monkeypatch):
    monkeypatch.setattr(fonts, "FOLDERS", ("/nowhere",))
    paper, _new = issue(came(past, display_name="林小雨"))

    with pytest.raises(printing.CannotPrint, match="No font for 林小雨 is installed"):
        printing.printed(paper)
    with translation.override("zh-hans"), pytest.raises(printing.CannotPrint):
        printing.printed(paper)
    settings.PDF_FONT = "/nowhere/font.ttf"
    with pytest.raises(printing.CannotPrint, match="PDF_FONT"):
        printing.printed(paper)


def test_with_a_font_of_its_own_a_paper_is_written_in_chinese(past, settings, tmp_path):
    paper, _new = issue(came(past, display_name="林小雨"), name_form=NameForm.NAME)
    Activity.objects.update(names={"zh-hans": "慢慢做酸面包"}, place="工作坊")
    paper = papers.verify(paper.code).paper
    settings.PDF_FONT = str(tmp_path / "boxes.ttf")
    latin = {chr(code) for code in range(32, 127)} | {"·"}

    font_with(settings.PDF_FONT, sorted(latin | set("证书林小雨参加了慢慢做酸面包年月日工作坊验证码任何人都可在")))
    with translation.override("zh-hans"):
        assert printing.printed(paper).startswith(b"%PDF-")
    font_with(settings.PDF_FONT, sorted(latin | set("证书")))
    with translation.override("zh-hans"), pytest.raises(printing.CannotPrint, match="林小雨"):
        printing.printed(paper)


def test_a_paper_without_a_name_is_for_somebody(past):
    paper, _new = issue(came(past, display_name="林小雨"), name_form=NameForm.NOBODY)

    assert printing.printed(paper).startswith(b"%PDF-")


# The report


def test_the_report_counts_what_it_says(past):
    Activity.objects.update(money="EUR", cost=12_000, guests_came=4)
    ada, bo = came(past, "ada", guests=2), came(past, "bo")
    cy = came(past, "cy", joined_at=past.starts_at - timedelta(days=3))
    inviter = factories.MemberFactory(ref="di")
    invitation = Invitation.objects.create(
        code="C1", inviter=inviter, channel="evening", sent_at=past.starts_at - timedelta(days=40)
    )
    Referral.objects.create(member=bo.member, inviter=inviter, invitation=invitation, joined_at=past.starts_at)
    low, high = sorted((ada.member_id, bo.member_id))
    Connection.objects.create(
        low_id=low, high_id=high, since=past.ends_at, first_at=past.ends_at, last_at=past.ends_at, days=1,
        is_mutual=True,
    )  # fmt: skip
    other = Member.objects.get(ref="speaker")
    walked = Scanned(nonce="w", scanned_at=past.starts_at, member=other)
    take(activity_id=past.pk, scanned=walked, now=past.starts_at)
    rate(ada, 4)
    rate(cy, 5)

    found = report_of(Activity.objects.get())

    assert (found.registered, found.came, found.walk_ins, found.guests, found.there) == (3, 4, 1, 6, 10)
    assert found.new_members == 2
    assert (found.connections, found.ratings, found.stars) == (1, 2, Decimal("4.5"))
    assert (found.cost, found.income, found.reach, found.cost_per_reach) == (120, 0, 10, 12)
    assert (found.goal, found.reached_goal) == (None, None)


def test_a_member_who_came_to_something_before_is_not_brought_by_this_one(past):
    now = past.starts_at
    earlier = factories.announced("earlier", now=now - timedelta(days=9), starts_at=now - timedelta(days=5))
    ada = came(earlier, joined_at=now - timedelta(days=20))
    again, _new = registering.register(activity_id=past.pk, member=ada.member, now=now - timedelta(hours=3))
    take(activity_id=past.pk, scanned=Scanned("n2", now, registration=again), now=now)

    assert (report_of(earlier).new_members, report_of(past).new_members) == (1, 0)


@pytest.mark.parametrize(("goal", "reached"), [(None, False), (1, True), (2, False)])
def test_a_brand_activity_is_measured_by_its_audience(past, goal, reached):
    came(past)
    Activity.objects.update(kind="brand", audience_min=goal)

    found = report_of(Activity.objects.get())

    assert (found.goal, found.reached_goal) == (goal or 100, reached)


def test_income_is_what_was_paid_and_kept(past):
    ada = came(past)
    ticket = factories.ticket(past)
    Order.objects.create(
        registration=ada, activity=past, member=ada.member, ticket=ticket, seats=1, money="EUR", amount=2_000,
        paid=2_000, refunded=500, state="paid", placed_at=timezone.now(), paid_at=timezone.now(),
    )  # fmt: skip

    assert report_of(Activity.objects.get()).income == Decimal("15.00")


@pytest.mark.parametrize("count", [1, 3])
def test_the_report_asks_the_database_as_often_however_many_came(past, count):
    for number in range(count):
        came(past, f"m{number}")
    activity = Activity.objects.get()

    with CaptureQueriesContext(connection) as asked:
        report_of(activity)

    assert len(asked) == 5


# People


def test_an_erased_member_leaves_stars_and_takes_words_and_papers(past):
    ada = came(past, display_name="Ada Lund")
    rate(ada, 5, words="It was me, Ada Lund.", shows_name=True)
    paper, _new = issue(ada)

    erasing.erase(member_id=ada.member_id, ref="ada", reason="Asked.", now=timezone.now(), actor="test")

    kept = Feedback.objects.get()
    assert (kept.stars, kept.words, kept.shows_name, papers.verify(paper.code)) == (5, "", False, None)
