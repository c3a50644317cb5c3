"""The API fuzzed from its own schema: never a server error, and never an answer that the schema does not promise.

LAURELS_FUZZ=2000 tries so many requests for each operation.
"""

from __future__ import annotations

import itertools
import os
import secrets
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import schemathesis
from django.core import signals
from django.db import close_old_connections
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from activities.domain import registering
from activities.domain.after import recaps
from activities.domain.checking_in.scanning import Scanned, take
from activities.domain.orders import paying, refunding
from activities.domain.proposals import proposing
from activities.domain.series import drafting
from activities.models import Activity, Group, Order, Proposal, Refund, Registration
from config.wsgi import application
from incentives.domain.corrections.gathering import gather
from incentives.domain.corrections.making import Wanted, make
from incentives.domain.ledger import operations
from incentives.domain.missing import cases
from incentives.domain.missing.finding import Asked
from incentives.domain.privileges import granting, using
from incentives.models import (
    Campaign,
    Case,
    Correction,
    Currency,
    Hold,
    Journal,
    Privilege,
    PrivilegeGrant,
    PrivilegeGround,
    PrivilegeUse,
)
from members.domain.conduct.violations import record_violation
from members.domain.connections import introductions, knowing
from members.domain.games import playing
from members.domain.ladders.editing import put_ladder
from members.domain.needs import posting, serving
from members.domain.roles import appointing
from members.domain.spaces import joining as entering
from members.models import (
    CommunityRules,
    Connection,
    Content,
    Game,
    GameRound,
    Introduction,
    Invitation,
    LadderEdit,
    Leave,
    Member,
    Need,
    Partner,
    Role,
    Segment,
    Source,
    Space,
    TierInvitation,
    TierPin,
    Violation,
    ViolationKind,
)  # fmt: skip
from tests import databases, factories
from tests.factories import award, item

pytestmark = pytest.mark.django_db
DOCUMENT = Path(__file__).parents[2] / "docs" / "openapi.yaml"
SCHEMA = schemathesis.openapi.from_path(DOCUMENT)
SCHEMA.app = application
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations()]
DRAFT = {"code": "r", "when": "content.published", "then": [award(5)]}
LATER = datetime(2126, 1, 1, tzinfo=UTC)
SOON = datetime.now(UTC).replace(microsecond=0) + timedelta(days=9)
EXAMPLES = int(os.environ.get("LAURELS_FUZZ", "40"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
FUZZ = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
SERIES = {
    "code": "weekly", "kind": "sharing", "names": {"en": "Weekly"}, "rule": "FREQ=WEEKLY", "starts_on": "2026-12-01",
    "starts_time": "19:00:00", "minutes": 60,
}  # fmt: skip


@pytest.fixture(autouse=True)
def _one_connection():
    """A server closes its connection after each request; the test's transaction needs it to stay."""
    signals.request_started.disconnect(close_old_connections)
    signals.request_finished.disconnect(close_old_connections)
    yield
    signals.request_started.connect(close_old_connections)
    signals.request_finished.connect(close_old_connections)


@pytest.fixture(scope="module")
def community(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), databases.shared_transaction():
        yield settle()


@pytest.fixture
def key(community, db):
    return community


def settle():
    """A community with something of everything; returns a key that may do everything in it."""
    factories.CurrencyFactory(is_transferable=True, debt_limit=50)
    factories.world()
    ladder = factories.ladder(bronze=0, silver=10, guests=20)
    ladder.tiers.filter(code="guests").update(is_by_invitation=True)
    for ref in ("ada", "bo"):
        factories.MemberFactory(ref=ref)
    Segment.objects.create(code="founders")
    Segment.objects.create(code="writers", kind="condition", condition="member.verified")
    by_hand = {"member": Member.objects.get(ref="ada"), "tier": ladder.tiers.get(code="guests")}
    TierPin.objects.create(**by_hand, until=LATER, reason="Thanks.", set_at=timezone.now() - timedelta(days=1))
    TierInvitation.objects.create(**by_hand)
    Leave.objects.create(member=by_hand["member"], begins_at=timezone.now() - timedelta(days=1), ends_at=SOON)
    factories.rule({"if": "event.data.words >= 300", "then": [award(100), award(10, "growth")]})
    factories.report(item("e1", "ada"), item("e2", "bo"))
    factories.judge()
    operations.hold(
        member_id=Member.objects.get(ref="ada").pk, currency=Currency.objects.get(code="points"), amount=5,
        key=secrets.token_bytes(32), now=timezone.now(), expires_at=timezone.now() + timedelta(hours=1),
    )  # fmt: skip
    Invitation.objects.create(code="CODE", uses_max=None)
    somewhere_to_be()
    something_to_use()
    two_who_know_each_other()
    drafting.make(
        values={**SERIES, "code": "mending", "starts_on": date(2026, 12, 1), "starts_time": time(19)},
        now=timezone.now(),
    )
    asked = Asked(timezone.now(), None, "content.published")
    cases.open_case(member=Member.objects.get(ref="ada"), asked=asked, text="", now=timezone.now(), actor="fuzz")
    Case.objects.update(event_id=None, state="answered", answered_at=timezone.now(), due_at=None)
    something_to_do()
    CommunityRules.objects.create(number=1, published_at=timezone.now())
    Campaign.objects.create(
        code="spring", template="bring-friends", state="running", currency=Currency.objects.get(code="points"),
        budget=10, begins_at=timezone.now(), started_at=timezone.now(), ends_at=SOON, audience_size=2,
    )  # fmt: skip
    something_made_and_something_needed()
    something_to_set_right()
    somewhere_to_go()
    something_to_pay_for()
    gather_people()
    kind = ViolationKind.objects.create(code="advertising", is_automatic=True)
    record_violation(member_id=Member.objects.get(ref="bo").pk, kind=kind, now=timezone.now())
    return factories.api_key()


def something_to_do():
    """A quest under way, one to choose, and a round that is open."""
    factories.quest({"steps": [{"code": "posts", "when": "content.published", "count": 9}]})
    factories.quest({"code": "chosen", "begins": "by_choice"})
    factories.report(item("q1", "ada"))
    factories.judge()
    Game.objects.create(code="free", kind="chain")
    game = Game.objects.create(code="idioms", kind="chain")
    playing.open_round(game=game, opening="一心一意", now=timezone.now())


def somewhere_to_be():
    """A space that Bo is in, a responsibility of Bo's, and a partner."""
    space, role = Space.objects.create(ref="circle", state="open"), Role.objects.create(code="host")
    Partner.objects.create(code="shop", name="A shop", contract_from=timezone.localdate(), codes_max=9)
    bo = Member.objects.get(ref="bo")
    entering.enter(space=space, member=bo, now=timezone.now())
    appointing.appoint(member=bo, role=role, space=space, now=timezone.now())


def something_to_use():
    """A privilege that everybody holds, used once and granted once."""
    pin = Privilege.objects.create(code="pin", names={"en": "Pin"})
    PrivilegeGround.objects.create(privilege=pin, kind="everyone")
    ada = Member.objects.get(ref="ada")
    using.use_privilege(member_id=ada.pk, code="pin", key=b"k" * 32, now=timezone.now(), actor="fuzz")
    granting.grant_privilege(member_id=ada.pk, privilege=pin, key="k", now=timezone.now())


def two_who_know_each_other():
    """Ada and Bo, of age and connected; Cy, whom Ada may be introduced to, and an introduction that waits."""
    Member.objects.update(age_band="adult")
    ada, bo = Member.objects.get(ref="ada"), Member.objects.get(ref="bo")
    now = timezone.now()
    Connection.objects.create(low=ada, high=bo, since=now, first_at=now, last_at=now, days=2, is_mutual=True)
    knowing.recount([ada.pk, bo.pk])
    for ref in ("cy", "di"):
        factories.MemberFactory(ref=ref, age_band="adult")
    introductions.propose(one=ada, other=Member.objects.get(ref="di"), now=now)


def something_made_and_something_needed():
    """A content of Ada's, a need of hers that Cy would serve, and one that both have agreed about."""
    ada, now = Member.objects.get(ref="ada"), timezone.now()
    source = Source.objects.get(code="app")
    Content.objects.create(author=ada, source=source, external_id="c1", state="submitted", submitted_at=now)
    cy = Member.objects.get(ref="cy")
    for _ in range(2):
        need = posting.post(asker=ada, words="A scanner.", kind="tools", until=now + timedelta(days=9), now=now)
        serving.propose(need_id=need.pk, member=cy, now=now, by="fuzz", is_own=True)
    serving.answer_asker(need_id=need.pk, member_id=cy.pk, agrees=True, now=now)


def something_to_set_right():
    """A small correction of the key's own, to be looked at."""
    put_ladder(code="growth", values={"purpose": "To be undone."}, tiers={})
    made = make(
        Wanted(
            found_by="refs", act="add", reason="Thank you.", refs=("bo",), currency="points", amount=Decimal(1),
            app="test",
        ),
        now=timezone.now(),
    )  # fmt: skip
    gather(made.pk, now=timezone.now())


def somewhere_to_go():
    """An evening that Bo goes to, and a proposal at which Cy is asked to speak."""
    evening = factories.announced(speaker=Member.objects.get(ref="ada"))
    bo, cy = Member.objects.get(ref="bo"), Member.objects.get(ref="cy")
    registering.register(activity_id=evening.pk, member=bo, now=timezone.now())
    proposing.propose(proposer=bo, speaker=cy, title="Binding", words="One each.", now=timezone.now())


AFTER = ("/check-ins", "/guests", "/feedback", "/recap", "/report", "/code", "/undo", "/papers")


def at_activities(name, operation):
    """Of what is asked about activities, who comes, and what is proposed; None for what is as elsewhere."""
    if operation.endswith(AFTER):
        if name == "registration_id":
            return str(Registration.objects.get(activity__code="fuzzed", member__ref="ada").public_id)
        scan = {"nonce": secrets.token_hex(8), "scanned_at": f"{timezone.now():%Y-%m-%dT%H:%M:%SZ}", "guests": 1}
        told = {"activity": "fuzzed", "kind": "certificate", "texts": {"en": "It was."}, "photos": [],
                "nonce": scan["nonce"], "scans": [scan], "came": 3, "stars": 4}  # fmt: skip
        return told.get(name)
    if operation == "POST /api/v1/activities":
        drafted = {
            "code": "new-evening", "kind": "sharing", "names": {"en": "New"}, "starts_at": SOON.isoformat(), "zone": "UTC",
            "ends_at": (SOON + timedelta(hours=2)).isoformat(), "hosts": ["ada"], "speakers": ["ada"],
        }  # fmt: skip
        return drafted.get(name)
    if operation.endswith("/activities/{activity}/steps") and name == "to":
        # It is open: that is no news, and well answered.
        return "open"
    if "/registrations/{registration_id}" in operation:
        return {
            "registration_id": str(Registration.objects.earliest("pk").public_id),
            "step": "cancel",
            "by": "team",
        }.get(name)
    if "/proposals/{proposal_id}" in operation:
        return {"proposal_id": str(Proposal.objects.get().public_id), "to": "withdrawn", "speaker": "cy",
                "agrees": True}.get(name)  # fmt: skip
    if operation.endswith("/proposals"):
        return {"proposer": "ada", "title": "Binding", "words": "One each.", "speaker": "cy", "guest": ""}.get(name)
    is_paid = any(each in operation for each in ("/tickets", "/orders", "/ticket-codes"))
    return {"activity": "paid-evening" if is_paid else "evening"}.get(name)


def something_to_pay_for():
    """An evening with tickets, a place that is paid for, one that is not yet, and a part that goes back."""
    activity, now = factories.announced("paid-evening", capacity=None, money="EUR"), timezone.now()
    single = factories.ticket(activity)
    factories.ticket(activity, "free", price=0)
    trio = factories.ticket(activity, "trio", group_size=3)
    Group.objects.create(
        code="GROUP", activity=activity, ticket=trio, leader=Member.objects.get(ref="bo"), size=3, opened_at=now,
        closes_at=SOON,
    )  # fmt: skip
    for ref in ("bo", "cy"):
        member = Member.objects.get(ref=ref)
        made, _ = registering.register(activity_id=activity.pk, member=member, now=now, ticket=single)
    paying.pay(
        order_id=made.order.pk, provider="offline", ref="fuzz", amount=2_000, money="EUR", at=now, now=now
    )  # fmt: skip
    refunding.refund(
        order_id=made.order.pk, amount=500, points=0, key="fuzz", now=now, reason="Thanks.", actor="fuzz"
    )  # fmt: skip


def gather_people():
    """An evening that is over: Ada came, Bo was registered; there is a recap of it."""
    now = timezone.now()
    evening = factories.announced(
        "fuzzed", now=now - timedelta(days=9), starts_at=now - timedelta(hours=3), is_open_to_guests=True, capacity=None
    )
    for ref in ("ada", "bo"):
        registering.register(activity_id=evening.pk, member=Member.objects.get(ref=ref), now=now - timedelta(days=1))
    ada = Registration.objects.get(activity=evening, member__ref="ada")
    scan = Scanned("fuzz", evening.starts_at, registration=ada)
    take(activity_id=evening.pk, scanned=scan, now=now)
    Activity.objects.filter(pk=evening.pk).update(state="finished")
    recaps.write(activity_id=evening.pk, texts={"en": "It was."}, photos=[], now=now)


def known(name, operation=""):
    """A value that names something that is really there, under whatever name it is asked for."""
    if any(word in operation for word in ("/activities", "/registrations", "/proposals")):
        found = at_activities(name, operation)
        if found is not None:
            return found
    if name == "code" and "invitations" in operation:
        return "CODE"
    if name == "code" and "privileges" in operation:
        return "pin"
    if name == "code" and "partners" in operation:
        return "shop"
    if name == "code" and "quests" in operation:
        return "chosen"
    if name == "code" and "games" in operation:
        return "free"
    if name == "ticket":
        return "single" if "/ticket" in operation else "free"
    if name == "group":
        return "GROUP" if "/groups/" in operation else ""
    if name == "free_code" or (name == "code" and operation.endswith("/ticket-codes")):
        return ""
    if name == "partner" and operation.endswith("/ticket-codes"):
        return None
    if name in ("stays_alone", "with_pass", "pass_only"):
        return False
    if name == "privilege" and operation.endswith("/{ticket}"):
        return "pin"
    if operation.endswith("/grants") and name in ("until", "days", "like"):
        # One of them at most.
        return {"until": SOON.isoformat(), "days": None, "like": ""}[name]
    if name == "order_id":
        return str(Order.objects.order_by("-pk").values_list("public_id", flat=True)[0])
    if name == "refund_id":
        return Refund.objects.order_by("pk").values_list("pk", flat=True)[0]
    if name == "sells_until" and operation.endswith("/{ticket}"):
        return SOON.isoformat()
    if name == "round_id":
        return str(GameRound.objects.get().public_id)
    if name == "until" and operation.endswith("/leave"):
        return SOON.isoformat()
    if name == "campaign_code":
        return "spring"
    if name == "introduction_id":
        return str(Introduction.objects.order_by("pk").values_list("pk", flat=True)[0])
    if name == "case_id":
        return str(Case.objects.order_by("pk").values_list("pk", flat=True)[0])
    if operation.endswith("/cases") and name in ("event", "event_type", "happened_at"):
        return {
            "event": "e1",
            "event_type": "content.published",
            "happened_at": f"{timezone.now():%Y-%m-%dT%H:%M:%SZ}",
        }[name]
    if name == "content_id" and "contents" in operation:
        return Content.objects.order_by("pk").values_list("pk", flat=True)[0]
    if name == "edit_id":
        return LadderEdit.objects.order_by("-pk").values_list("pk", flat=True)[0]
    if name == "fingerprint":
        return ""
    if name == "correction_id":
        return Correction.objects.order_by("pk").values_list("pk", flat=True)[0]
    if operation.endswith("/corrections") and name in ("found_by", "act", "refs", "version"):
        return {"found_by": "refs", "act": "add", "refs": ["ada"]}.get(name)
    if name == "need_id":
        place = 1 if operation.endswith("/confirmations") else 0
        return Need.objects.order_by("pk").values_list("pk", flat=True)[place]
    if "/needs" in operation or operation.endswith("/decision"):
        told = {"kind": "tools", "candidate": "cy", "asker": "ada", "words": "A lens.", "until": SOON.isoformat(),
                "worked": True, "decision": "approve", "operator": "Ines"}  # fmt: skip
        if operation.endswith("/candidates"):
            told["member"] = "di"
        if name in told and not (name == "kind" and "violations" in operation):
            return told[name]
    if operation == "POST /api/v1/series" and name in SERIES:
        return SERIES[name]
    if name in ("use_id", "grant_id"):
        model = PrivilegeUse if name == "use_id" else PrivilegeGrant
        return str(model.objects.order_by("pk").values_list("pk", flat=True)[0])
    if name == "ref" and operation.endswith("invitations/{code}/accept"):
        return "newcomer"
    if name == "code" and "ladders" in operation:
        return "growth"
    if name == "version" and operation.endswith("/rules-acceptance"):
        return 1
    if name == "violation_id":
        return Violation.objects.order_by("pk").values_list("pk", flat=True)[0]
    if name == "ref" and operation.endswith("/erasure"):
        return "bo"
    if name == "subject" and operation.endswith("/reports"):
        return "bo"
    if name == "code" and "segments" in operation:
        return "writers" if "evaluate" in operation else "founders"
    if name == "hold_id":
        made = Hold.objects.first()
        return str(made.pk) if made else "00000000-0000-0000-0000-000000000007"
    if name == "journal_id":
        return str(Journal.objects.order_by("pk").values_list("pk", flat=True)[0])
    return {
        "series": "mending", "ladder": "growth", "tier": "guests", "until": LATER.isoformat(), "metric": "balance:growth",
        "first": "ada", "second": "cy", "other": "bo", "off": False, "agrees": True,
        "opening": "一心一意", "merged": "bo", "kind": "advertising", "reporter": "ada",
        "ref": "ada", "member": "ada", "payer": "ada", "payee": "bo", "subject": "ada", "source": "app", "space": "circle", "role": "host",
        "external_id": "e1", "code": "content.published", "type": "content.published", "currency": "points",
        "amount": "1", "reason": "A thank-you", "cause": "A mistake", "why": "A mistake", "schema": factories.POST_SCHEMA, "rule_code": "post", "version": "1", "document": DRAFT, "facts": {"event.data.words": 500},
    }.get(name)  # fmt: skip


# What the schema leaves to be left out, since it hangs on other words, and what a bare request needs all the same.
NEEDED = {
    "POST /api/v1/corrections": ("found_by", "act", "refs", "currency", "amount", "reason"),
    "POST /api/v1/ladders/{code}/edits/{edit_id}/undo": ("why",),
}


def make_known(values, operation, *, is_bare=False):
    """Point an invented request at what is there, so that it gets further than the first refusal.

    A bare one says nothing else.
    """
    if isinstance(values, list):
        for each in values:
            make_known(each, operation, is_bare=is_bare)
    elif isinstance(values, dict):
        for name in list(values):
            if known(name, operation) is not None:
                values[name] = known(name, operation)
            elif is_bare:
                del values[name]


def answer(case, key):
    headers = {"Authorization": f"Api-Key {key}"}
    response = case.call(headers=headers)
    case.validate_response(response, checks=CHECKS, headers=headers)
    return response


def named(operation):
    return operation.label


@pytest.mark.any_database
@pytest.mark.parametrize("operation", OPERATIONS, ids=named)
def test_invented_requests_are_answered_as_the_schema_promises(operation, key):
    statuses, number = set(), itertools.count()

    def ask(case, *, is_known, is_bare):
        if is_known:
            if is_bare and case.query:
                case.query.clear()  # Most invented questions are refused, and the answer's shape is never seen.
            make_known(case.path_parameters, operation.label)
            if is_bare and isinstance(case.body, dict):
                case.body.update({name: None for name in NEEDED.get(operation.label, ()) if name not in case.body})
            make_known(case.body, operation.label, is_bare=is_bare)
            case.headers["Idempotency-Key"] = f"call-{next(number)}"
        statuses.add(answer(case, key).status_code)

    @FUZZ
    @given(case=st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in GenerationMode)),
           is_known=st.booleans(), is_bare=st.booleans())  # fmt: skip
    def invent(case, is_known, is_bare):
        ask(case, is_known=is_known, is_bare=is_bare)

    # What is invented hangs on what else was imported; that something succeeds must not be left to it.
    @settings(FUZZ, max_examples=5)
    @given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE), is_bare=st.just(True) | st.booleans())
    def ask_well(case, is_bare):
        ask(case, is_known=True, is_bare=is_bare)

    invent()
    ask_well()
    # A change of a ladder is taken only with the fingerprint of its own preview, which nobody invents.
    assert min(statuses) < 300 or operation.label == "POST /api/v1/ladders/{code}/edits", (
        f"nothing got further than a refusal: {statuses}"
    )


@pytest.mark.parametrize("operation", OPERATIONS, ids=named)
def test_requests_at_the_bounds_of_the_schema_are_answered_as_it_promises(operation, key):
    """Schemathesis' own list of boundary cases: shortest, longest, missing, one too many, another type."""
    found = SCHEMA.iter_coverage_cases(
        operation, generation_modes=list(GenerationMode), generation_config=SCHEMA.config.generation
    )

    count = sum(answer(case, key) is not None for case in found)

    assert count > 0


@pytest.mark.any_database
@pytest.mark.parametrize("operation", OPERATIONS, ids=named)
def test_nothing_is_answered_without_a_key_but_a_problem(operation):
    @settings(FUZZ, max_examples=3)
    @given(case=operation.as_strategy())
    def invent(case):
        response = case.call(headers={"Authorization": ""})
        case.validate_response(response, checks=CHECKS)
        # An address that no view knows, such as one with a line break in it, is nowhere with or without a key.
        assert response.status_code in (401, 404)

    invent()
