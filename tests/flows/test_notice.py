"""A public rule pays less only after its days of notice, an expiry is shortened only after them, and all are told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from incentives.domain import notice, publishing
from incentives.domain.currencies import CannotShorten, put_expiry
from incentives.domain.earnings import ways_to_earn
from incentives.domain.ledger import queries
from incentives.domain.ledger.verify import verify
from incentives.domain.notice import NoReason, WithoutNotice
from incentives.domain.program.applying import apply_program
from incentives.enums import Emergency
from incentives.models import NEVER, Currency, Lot, RuleNotice, RuleVersion
from incentives.tasks import carry_out_notices
from members.models import Event, EventType, Member, MessageTemplate, Notification
from members.tasks import write_notifications
from tests import factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db

DAYS = timedelta(days=14)
FRAUD = WithoutNotice(Emergency.FRAUD, "Forty accounts of one person farm it.")


@pytest.fixture(autouse=True)
def _world():
    factories.world()
    factories.MemberFactory(ref="ada", joined_at=timezone.now() - timedelta(days=90))
    yield
    assert [proof for proof in verify() if not proof.holds] == []


def live(amount=10, **more):
    """A rule that has been there for a month."""
    now = timezone.now()
    return factories.rule({"then": [award(amount)], **more}, now=now - timedelta(days=30))


def draft(amount=10, **more):
    document = {"code": "post", "when": "content.published", "then": [award(amount)], **more}
    return publishing.save_draft(document=document)


def publish(amount=10, now=None, **more):
    skipped = more.pop("without_notice", None)
    return publishing.publish_rule(version=draft(amount, **more), now=now or timezone.now(), without_notice=skipped)


def states():
    return {version.number: version.state for version in RuleVersion.objects.order_by("number")}


def paid() -> int:
    """What a post pays that is published at this moment."""
    before = balance()
    factories.report(item(f"e{Event.objects.count()}", "ada", time=timezone.now().isoformat()))
    while factories.judge().events:
        pass
    return balance() - before


def balance() -> int:
    ada = Member.objects.get(ref="ada")
    return next((int(line.available) for line in queries.balances(ada.pk) if line.currency == "points"), 0)


def test_a_cut_waits_for_fourteen_days_and_the_former_version_pays_until_then(time_machine):
    start = timezone.now()
    time_machine.move_to(start, tick=False)
    live(10)
    made = publish(3)
    assert (states(), made.state, paid()) == ({1: "live", 2: "announced"}, "announced", 10)

    time_machine.move_to(start + DAYS - timedelta(seconds=1), tick=False)
    carry_out_notices()
    before = (states(), paid())
    time_machine.move_to(start + DAYS, tick=False)
    at_the_moment = paid()  # Intervals decide, whether a job has run or not.
    carry_out_notices()
    carry_out_notices()

    assert before == ({1: "live", 2: "announced"}, 10)
    assert (at_the_moment, states(), paid()) == (3, {1: "retired", 2: "live"}, 3)
    assert balance() == 26


def test_what_pays_no_less_is_published_at_once():
    live(10, limits=[{"code": "daily", "every": "day", "times": 3}])

    made = publish(11)

    assert (made.state, RuleNotice.objects.count(), states()) == ("live", 0, {1: "retired", 2: "live"})


def test_a_hidden_rule_promised_nothing():
    live(10, visibility="hidden")

    assert publish(1, visibility="hidden").state == "live"


def test_whoever_has_paid_nobody_for_less_than_an_hour_may_be_mended_at_once():
    factories.rule({"then": [award(100)]})
    mended = publish(10)

    assert (mended.state, RuleNotice.objects.count()) == ("live", 0)


def test_what_has_paid_somebody_is_relied_on_however_new_it_is():
    factories.rule({"then": [award(100)]})
    assert paid() == 100

    assert publish(10).state == "announced"


def test_mending_what_is_new_does_not_cut_what_was_there_before():
    live(10)
    publish(20)

    assert (publish(15).state, publish(5).state) == ("live", "announced")


def test_an_emergency_is_written_down_and_takes_effect_at_once():
    live(10)

    made = publish(1, without_notice=FRAUD)

    kept = RuleNotice.objects.get()
    assert (made.state, paid()) == ("live", 1)
    assert (kept.emergency, kept.reason, kept.why) == ("fraud", FRAUD.reason, ["Effect 1 may give less than before."])
    with pytest.raises(NoReason, match="write what happened"):
        WithoutNotice(Emergency.MISTAKE, " ")
    with pytest.raises(IntegrityError), transaction.atomic():
        RuleNotice.objects.update(reason="")
    with pytest.raises(IntegrityError), transaction.atomic():
        RuleNotice.objects.update(emergency="")


def test_a_cut_cannot_be_backdated():
    live(10)

    with pytest.raises(publishing.CannotPublish, match="cannot be backdated"):
        publishing.publish_rule(version=draft(1), now=timezone.now(), in_force_from=timezone.now() - DAYS)


def test_a_public_rule_ends_after_notice_and_rests_only_in_an_emergency(time_machine):
    start = timezone.now()
    time_machine.move_to(start, tick=False)
    version = live(10)
    with pytest.raises(publishing.CannotPublish, match="otherwise retire it, which takes 14 days"):
        publishing.pause_rule(version=version, now=start)

    publishing.retire_rule(version=version, now=start)
    with pytest.raises(publishing.CannotPublish, match="announced already"):
        publishing.retire_rule(version=version, now=start)
    meanwhile = (states(), paid())
    time_machine.move_to(start + DAYS, tick=False)
    after = paid()
    carry_out_notices()

    assert (meanwhile, after, states()) == (({1: "live"}, 10), 0, {1: "retired"})


def test_in_an_emergency_a_rule_rests_at_once_and_an_announced_end_is_overtaken():
    version = live(10)
    publishing.retire_rule(version=version, now=timezone.now())
    publishing.pause_rule(version=version, now=timezone.now(), without_notice=FRAUD)

    assert (states(), paid(), RuleNotice.objects.coming(timezone.now()).count()) == ({1: "paused"}, 0, 0)
    publishing.resume_rule(version=version, now=timezone.now())
    assert paid() == 10


@pytest.mark.parametrize("of", ["next", "end"])
def test_an_announcement_is_withdrawn_and_everything_stays(of, time_machine):
    start = timezone.now()
    time_machine.move_to(start, tick=False)
    version = live(10)
    announced = publish(1) if of == "next" else publishing.retire_rule(version=version, now=start)
    with pytest.raises(publishing.CannotPublish, match=r"announced already|is announced"):
        publishing.retire_rule(version=version, now=start)

    publishing.withdraw(version=announced, now=start)
    time_machine.move_to(start + 2 * DAYS, tick=False)
    carry_out_notices()

    assert (paid(), states()[1]) == (10, "live")
    with pytest.raises(publishing.CannotPublish, match="Nothing is announced"):
        publishing.withdraw(version=announced, now=timezone.now())


def test_one_announcement_at_a_time():
    live(10)
    publish(5)

    with pytest.raises(publishing.CannotPublish, match="post v2 is announced already; withdraw it first"):
        publish(20)


def test_members_are_told_once_with_the_day_and_see_it_among_the_ways_to_earn(client_of):
    MessageTemplate.objects.create(
        code="changing", event_type=EventType.objects.get(code="rule.changing"), titles={"en": "“{rule}” changes on {on}"},
        texts={"en": "Until then it stays as it is."},
    )  # fmt: skip
    live(10, name={"en": "A good post"})
    publish(3, name={"en": "A good post"})
    due = RuleNotice.objects.get().takes_effect_at
    for _twice in range(2):
        carry_out_notices()
        write_notifications()

    told = Notification.objects.get()
    way = ways_to_earn(Member.objects.get(ref="ada"), now=timezone.now(), language="en")[0]
    rule = client_of().get("/api/v1/rules/post").json()
    assert told.titles["en"].startswith("“A good post” changes on ")
    assert str(due.day) in told.titles["en"]
    assert (way.pays[0].most, way.change.at, way.change.pays[0].most, way.until) == (10, due, 3, None)
    assert (rule["version"], rule["change"]["version"], rule["change"]["of"]) == (1, 2, "next")
    assert rule["change"]["why"] == ["Effect 1 may give less than before."]


def test_files_say_from_when_a_cut_holds_and_take_it_back(tmp_path):
    (tmp_path / "rules").mkdir()
    rule = tmp_path / "rules" / "post.yaml"
    words = "code: post\nwhen: content.published\nthen: [{do: award, currency: points, amount: %d}]\n"
    rule.write_text(words % 10)
    apply_program(folder=tmp_path, now=timezone.now() - timedelta(days=30))
    rule.write_text(words % 4)

    applied = apply_program(folder=tmp_path, now=timezone.now())
    again = apply_program(folder=tmp_path, now=timezone.now())
    rule.write_text(words % 10)
    back = apply_program(folder=tmp_path, now=timezone.now())

    assert "rule post v2 (from " in str(applied)
    assert "members may get less: Effect 1 may give less than before." in str(applied)
    assert (again.changed, back.changed) == ([], ["rule post v2 (withdrawn before it took effect)"])
    assert (states(), notice.coming(["post"], now=timezone.now())) == ({1: "live", 2: "retired"}, {})


def test_a_shorter_expiry_holds_for_what_is_earned_after_its_days_of_notice(time_machine):
    start = timezone.now()
    time_machine.move_to(start, tick=False)
    live(10)
    assert paid() == 10
    currency = Currency.objects.get(code="points")
    with pytest.raises(CannotShorten, match="points already earned"):
        put_expiry(currency, {"kind": "idle", "days": 30}, now=start)

    assert put_expiry(currency, {"kind": "after", "days": 30}, now=start) is True
    currency.save()
    assert paid() == 10
    time_machine.move_to(start + DAYS, tick=False)
    assert paid() == 10

    lots = dict(Lot.objects.values_list("expires_at", "remaining"))
    assert lots.pop(NEVER) == 20
    assert list(lots.values()) == [10]


def test_a_shorter_expiry_is_told_once_and_a_longer_one_takes_its_place():
    live(10)
    paid()
    currency = Currency.objects.get(code="points")
    put_expiry(currency, {"kind": "after", "days": 30}, now=timezone.now())
    currency.save()
    for _twice in range(2):
        carry_out_notices()

    assert Event.objects.filter(type__code="expiry.changing").count() == 1
    currency.refresh_from_db()
    assert put_expiry(currency, {"kind": "never"}, now=timezone.now()) is False
    assert (currency.expiry, currency.expiry_next, currency.expiry_next_at) == ({"kind": "never"}, None, None)


def test_a_file_shortens_an_expiry_after_notice(tmp_path):
    live(10)
    paid()
    (tmp_path / "currencies.yaml").write_text("points: {expiry: {kind: after, days: 30}}\n")

    applied = apply_program(folder=tmp_path, now=timezone.now())

    assert "expiry of currency points (its points expire sooner from " in str(applied)
    assert apply_program(folder=tmp_path, now=timezone.now()).changed == []
