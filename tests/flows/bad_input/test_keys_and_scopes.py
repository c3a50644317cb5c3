"""Keys and scopes: who is turned away, what a method or a kind is not read as, and what burns no key."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from rest_framework.test import APIClient

from members.enums import Scope
from members.models import (
    ApiKey,
    Work,
)
from tests import factories
from tests.factories import item
from tests.flows.bad_input.calls import ADJUST, MEGABYTE, READERS, SPEND, TRANSFER, assert_problem, counts, event, send

# Bounds that a database has are tried on each by the fuzz at the bounds of the schema.
pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

EVERY_CALL = [
    ("POST", "events", Scope.EVENTS_WRITE),
    ("GET", "events/app/e1", Scope.EVENTS_READ),
    ("GET", "event-types", Scope.EVENTS_READ),
    ("GET", "event-types/content.published", Scope.EVENTS_READ),
    ("PUT", "event-types/content.published", Scope.EVENTS_WRITE),
    ("GET", "attributes", Scope.MEMBERS_READ),
    ("GET", "members", Scope.MEMBERS_READ),
    ("POST", "members/batch", Scope.MEMBERS_WRITE),
    ("GET", "members/ada", Scope.MEMBERS_READ),
    ("PUT", "members/ada", Scope.MEMBERS_WRITE),
    ("POST", "members/ada/merges", Scope.MEMBERS_WRITE),
    ("POST", "members/ada/erasure", Scope.MEMBERS_ERASE),
    ("GET", "members/ada/data", Scope.MEMBERS_READ),
    ("GET", "members/ada/standing", Scope.MEMBERS_READ),
    ("POST", "members/ada/page-link", Scope.MEMBERS_READ),
    ("GET", "members/ada/balances", Scope.POINTS_READ),
    ("GET", "members/ada/badges", Scope.MEMBERS_READ),
    ("GET", "members/ada/timeline", Scope.EVENTS_READ),
    ("GET", "members/ada/statement", Scope.POINTS_READ),
    ("GET", "members/ada/lots", Scope.POINTS_READ),
    ("POST", "spends", Scope.POINTS_WRITE),
    ("POST", "adjustments", Scope.POINTS_WRITE),
    ("POST", "transfers", Scope.POINTS_WRITE),
    ("POST", "reversals", Scope.POINTS_WRITE),
    ("POST", "holds", Scope.POINTS_WRITE),
    ("GET", f"holds/{uuid.UUID(int=7)}", Scope.POINTS_READ),
    ("POST", f"holds/{uuid.UUID(int=7)}/capture", Scope.POINTS_WRITE),
    ("POST", f"holds/{uuid.UUID(int=7)}/void", Scope.POINTS_WRITE),
    ("GET", "rules", Scope.RULES_READ),
    ("GET", "rules/post", Scope.RULES_READ),
    ("GET", "badges", Scope.RULES_READ),
    ("GET", "ladders", Scope.RULES_READ),
    ("GET", "tiers", Scope.RULES_READ),
    ("POST", "ladders/growth/preview", Scope.RULES_READ),
    ("GET", "ladders/growth/edits", Scope.RULES_READ),
    ("POST", "ladders/growth/edits", Scope.LADDERS_WRITE),
    ("GET", "ladders/growth/edits/7/undo", Scope.RULES_READ),
    ("POST", "ladders/growth/edits/7/undo", Scope.LADDERS_WRITE),
    ("GET", "segments", Scope.MEMBERS_READ),
    ("GET", "segments/founders", Scope.MEMBERS_READ),
    ("GET", "segments/founders/members", Scope.MEMBERS_READ),
    ("PUT", "segments/founders/members/ada", Scope.MEMBERS_WRITE),
    ("DELETE", "segments/founders/members/ada", Scope.MEMBERS_WRITE),
    ("POST", "segments/writers/evaluate", Scope.MEMBERS_WRITE),
    ("PUT", "members/ada/leave", Scope.MEMBERS_WRITE),
    ("DELETE", "members/ada/leave", Scope.MEMBERS_WRITE),
    ("PUT", "members/ada/tiers/growth/bronze/loan", Scope.MEMBERS_WRITE),
    ("DELETE", "members/ada/tiers/growth/bronze/loan", Scope.MEMBERS_WRITE),
    ("PUT", "members/ada/tiers/growth/guests/invitation", Scope.MEMBERS_WRITE),
    ("DELETE", "members/ada/tiers/growth/guests/invitation", Scope.MEMBERS_WRITE),
    ("POST", "members/ada/tiers/growth/guests/invitation/accept", Scope.MEMBERS_WRITE),
    ("GET", "spaces", Scope.MEMBERS_READ),
    ("GET", "spaces/circle", Scope.MEMBERS_READ),
    ("GET", "spaces/circle/members", Scope.MEMBERS_READ),
    ("PUT", "spaces/circle/members/ada", Scope.MEMBERS_WRITE),
    ("DELETE", "spaces/circle/members/ada", Scope.MEMBERS_WRITE),
    ("GET", "roles", Scope.MEMBERS_READ),
    ("GET", "members/ada/roles", Scope.MEMBERS_READ),
    ("PUT", "members/ada/roles/host", Scope.MEMBERS_WRITE),
    ("DELETE", "members/ada/roles/host", Scope.MEMBERS_WRITE),
    ("GET", "partners", Scope.MEMBERS_READ),
    ("GET", "partners/shop", Scope.MEMBERS_READ),
    ("GET", "rejections", Scope.EVENTS_READ),
    ("POST", "rules/check", Scope.RULES_READ),
    ("POST", "rules/evaluate", Scope.RULES_READ),
    ("POST", "invitations", Scope.MEMBERS_WRITE),
    ("GET", "invitations/CODE", Scope.MEMBERS_READ),
    ("DELETE", "invitations/CODE", Scope.MEMBERS_WRITE),
    ("POST", "invitations/CODE/accept", Scope.MEMBERS_WRITE),
    ("GET", "members/ada/referrals", Scope.MEMBERS_READ),
    ("GET", "growth", Scope.MEMBERS_READ),
    ("GET", "privileges", Scope.PRIVILEGES_READ),
    ("GET", "members/ada/privileges", Scope.PRIVILEGES_READ),
    ("GET", "members/ada/privileges/pin", Scope.PRIVILEGES_READ),
    ("GET", "members/ada/privileges/pin/uses", Scope.PRIVILEGES_READ),
    ("POST", "members/ada/privileges/pin/uses", Scope.PRIVILEGES_WRITE),
    ("POST", "members/ada/privileges/pin/uses/1/cancel", Scope.PRIVILEGES_WRITE),
    ("GET", "members/ada/privileges/pin/grants", Scope.PRIVILEGES_READ),
    ("POST", "members/ada/privileges/pin/grants", Scope.PRIVILEGES_WRITE),
    ("POST", "members/ada/privileges/pin/grants/1/revoke", Scope.PRIVILEGES_WRITE),
    ("GET", "quests", Scope.RULES_READ),
    ("POST", "quests/check", Scope.RULES_READ),
    ("GET", "members/ada/quests", Scope.MEMBERS_READ),
    ("POST", "members/ada/quests/writer/begin", Scope.MEMBERS_WRITE),
    ("GET", "members/ada/first-day", Scope.MEMBERS_READ),
    ("GET", "newcomers/weeks", Scope.MEMBERS_READ),
    ("GET", "games", Scope.MEMBERS_READ),
    ("POST", "games/idioms/rounds", Scope.MEMBERS_WRITE),
    ("GET", f"rounds/{uuid.UUID(int=7)}", Scope.MEMBERS_READ),
    ("POST", f"rounds/{uuid.UUID(int=7)}/turns", Scope.MEMBERS_WRITE),
    ("POST", f"rounds/{uuid.UUID(int=7)}/close", Scope.MEMBERS_WRITE),
    ("GET", "connections", Scope.MEMBERS_READ),
    ("GET", "members/ada/connections", Scope.MEMBERS_READ),
    ("PUT", "members/ada/connections", Scope.MEMBERS_WRITE),
    ("DELETE", "members/ada/connections/bo", Scope.MEMBERS_WRITE),
    ("POST", "introductions", Scope.MEMBERS_WRITE),
    ("POST", "introductions/1/answers", Scope.MEMBERS_WRITE),
    ("GET", "members/ada/notifications", Scope.INBOX_READ),
    ("POST", "members/ada/notifications/read", Scope.INBOX_WRITE),
    ("GET", "members/ada/notification-choice", Scope.INBOX_READ),
    ("PUT", "members/ada/notification-choice", Scope.INBOX_WRITE),
    ("GET", "campaigns", Scope.CAMPAIGNS_READ),
    ("GET", "campaigns/draft", Scope.CAMPAIGNS_READ),
    ("GET", "campaigns/draft/report", Scope.CAMPAIGNS_READ),
    ("POST", "campaigns/draft/stop", Scope.CAMPAIGNS_WRITE),
    ("GET", "members/ada/cases", Scope.INBOX_READ),
    ("POST", "members/ada/cases", Scope.INBOX_WRITE),
    ("GET", "members/ada/cases/7", Scope.INBOX_READ),
    ("POST", "members/ada/cases/7/reopen", Scope.INBOX_WRITE),
    ("POST", "members/ada/cases/7/close", Scope.INBOX_WRITE),
    ("GET", "corrections", Scope.CORRECTIONS_READ),
    ("POST", "corrections", Scope.CORRECTIONS_WRITE),
    ("GET", "corrections/7", Scope.CORRECTIONS_READ),
    ("POST", "corrections/7/approval", Scope.CORRECTIONS_WRITE),
    ("GET", "contents", Scope.MEMBERS_READ),
    ("GET", "contents/shares", Scope.MEMBERS_READ),
    ("GET", "contents/7", Scope.MEMBERS_READ),
    ("POST", "contents/7/decision", Scope.MEMBERS_WRITE),
    ("GET", "needs", Scope.MEMBERS_READ),
    ("POST", "needs", Scope.MEMBERS_WRITE),
    ("GET", "needs/7", Scope.MEMBERS_READ),
    ("POST", "needs/7/candidates", Scope.MEMBERS_WRITE),
    ("POST", "needs/7/answers", Scope.MEMBERS_WRITE),
    ("POST", "needs/7/confirmations", Scope.MEMBERS_WRITE),
    ("POST", "needs/7/withdrawal", Scope.MEMBERS_WRITE),
    ("GET", "members/ada/needs", Scope.MEMBERS_READ),
    ("GET", "community-rules", Scope.MEMBERS_READ),
    ("POST", "members/ada/rules-acceptance", Scope.MEMBERS_WRITE),
    ("GET", "members/ada/conduct", Scope.CONDUCT_READ),
    ("GET", "violations", Scope.CONDUCT_READ),
    ("POST", "violations", Scope.CONDUCT_WRITE),
    ("GET", "violations/months", Scope.CONDUCT_READ),
    ("GET", "violations/7", Scope.CONDUCT_READ),
    ("POST", "violations/7/appeal", Scope.CONDUCT_WRITE),
    ("POST", "violations/7/decision", Scope.CONDUCT_WRITE),
    ("GET", "reports", Scope.CONDUCT_READ),
    ("POST", "reports", Scope.CONDUCT_WRITE),
    ("GET", "member-activity-plan", Scope.ACTIVITIES_READ),
    ("POST", "member-activity-plan", Scope.ACTIVITIES_WRITE),
    ("GET", "proposals", Scope.ACTIVITIES_READ),
    ("POST", "proposals", Scope.ACTIVITIES_WRITE),
    ("GET", "proposals/7", Scope.ACTIVITIES_READ),
    ("POST", "proposals/7/answers", Scope.ACTIVITIES_WRITE),
    ("POST", "proposals/7/steps", Scope.ACTIVITIES_WRITE),
    ("GET", "members/ada/proposals", Scope.ACTIVITIES_READ),
    ("GET", "series", Scope.ACTIVITIES_READ),
    ("POST", "series", Scope.ACTIVITIES_WRITE),
    ("GET", "series/evening", Scope.ACTIVITIES_READ),
    ("PATCH", "series/evening", Scope.ACTIVITIES_WRITE),
    ("GET", "series/evening/dates", Scope.ACTIVITIES_READ),
    ("GET", "activities", Scope.ACTIVITIES_READ),
    ("POST", "activities", Scope.ACTIVITIES_WRITE),
    ("GET", "activities/evening", Scope.ACTIVITIES_READ),
    ("PATCH", "activities/evening", Scope.ACTIVITIES_WRITE),
    ("POST", "activities/evening/steps", Scope.ACTIVITIES_WRITE),
    ("GET", "activities/evening/verdicts/ada", Scope.ACTIVITIES_READ),
    ("GET", "activities/evening/registrations", Scope.ACTIVITIES_READ),
    ("POST", "activities/evening/registrations", Scope.ACTIVITIES_WRITE),
    ("GET", "activities/evening/check-ins", Scope.ACTIVITIES_READ),
    ("POST", "activities/evening/check-ins", Scope.ACTIVITIES_WRITE),
    ("PUT", "activities/evening/guests", Scope.ACTIVITIES_WRITE),
    ("GET", "activities/evening/feedback", Scope.ACTIVITIES_READ),
    ("GET", "activities/evening/recap", Scope.ACTIVITIES_READ),
    ("PUT", "activities/evening/recap", Scope.ACTIVITIES_WRITE),
    ("GET", "activities/evening/report", Scope.ACTIVITIES_READ),
    ("GET", "registrations/7/code", Scope.ACTIVITIES_READ),
    ("POST", "registrations/7/undo", Scope.ACTIVITIES_WRITE),
    ("PUT", "registrations/7/feedback", Scope.ACTIVITIES_WRITE),
    ("POST", "registrations/7/papers", Scope.ACTIVITIES_WRITE),
    ("GET", "registrations/7", Scope.ACTIVITIES_READ),
    ("POST", "registrations/7/steps", Scope.ACTIVITIES_WRITE),
    ("GET", "members/ada/registrations", Scope.ACTIVITIES_READ),
    ("GET", "activities/evening/tickets", Scope.ACTIVITIES_READ),
    ("PUT", "activities/evening/tickets/single", Scope.ACTIVITIES_WRITE),
    ("GET", "activities/evening/orders", Scope.ACTIVITIES_READ),
    ("GET", "activities/evening/ticket-codes", Scope.ACTIVITIES_READ),
    ("POST", "activities/evening/ticket-codes", Scope.ACTIVITIES_WRITE),
    ("GET", "orders/7", Scope.ACTIVITIES_READ),
    ("GET", "groups/CODE", Scope.ACTIVITIES_READ),
    ("POST", "orders/7/payments", Scope.PAYMENTS_WRITE),
    ("POST", "orders/7/refunds", Scope.PAYMENTS_WRITE),
    ("POST", "refunds/7/confirmation", Scope.PAYMENTS_WRITE),
    ("GET", "whoami", None),
]


def test_every_address_of_the_api_is_tried_with_wrong_keys():
    from django.urls import resolve

    from config.api import urlpatterns

    views = {pattern.callback.cls for pattern in urlpatterns if hasattr(pattern.callback, "cls")}
    tried = {resolve(f"/api/v1/{path}").func.cls for _, path, _ in EVERY_CALL}

    assert {view.__name__ for view in views - tried} == {"SpectacularAPIView", "SpectacularSwaggerSplitView"}


@pytest.mark.parametrize("scope", list(Scope))
def test_a_key_without_the_scope_is_turned_away_by_its_name(client_of, scope, subtests):
    client = client_of(*[str(other) for other in Scope if other != scope])
    before = counts()

    for method, path, needed in EVERY_CALL:
        if needed == scope:
            with subtests.test(method=method, path=path):
                answer = send(client, method, path, b"{}", **{"Idempotency-Key": "k"})
                assert_problem(answer, 403, words=f"This key lacks the scope {scope}.")

    assert counts() == before


def authorization(kind):
    if kind == "expired":
        _, text = ApiKey.objects.create_key(
            name="old", scopes=[str(s) for s in Scope], expiry_date=datetime.now(UTC) - timedelta(seconds=1)
        )
        return f"Api-Key {text}"
    if kind == "revoked":
        key, text = ApiKey.objects.create_key(name="gone", scopes=[str(s) for s in Scope])
        ApiKey.objects.filter(pk=key.pk).update(revoked=True)
        return f"Api-Key {text}"
    text = factories.api_key()
    return {
        "wrong": f"Api-Key {text[:-1]}{'a' if text[-1] != 'a' else 'b'}",
        "unknown": "Api-Key 12345678.abcdefgh",
        "no_dot": "Api-Key nonsense",
        "other_scheme": f"Token {text}",
        "no_scheme": text,
        "empty": "Api-Key ",
        "a_megabyte": f"Api-Key {MEGABYTE}",
        "not_ascii": "Api-Key é.ü",
        "control": "Api-Key a\x7f.b",
    }[kind]


@pytest.mark.parametrize(
    "kind",
    ["expired", "revoked", "wrong", "unknown", "no_dot", "other_scheme", "no_scheme", "empty", "a_megabyte",
     "not_ascii", "control"],
)  # fmt: skip
def test_a_key_that_is_not_valid_is_turned_away_and_told_what_to_do(kind):
    before = counts()
    client = APIClient(headers={"Authorization": authorization(kind)})

    answer = send(client, "POST", "events", event(id="good"))

    assert_problem(answer, 401)
    assert answer["WWW-Authenticate"] == 'Api-Key realm="laurels"'
    assert counts() == before


def test_nobody_gets_in_without_a_key(subtests):
    for method, path, _scope in EVERY_CALL:
        with subtests.test(method=method, path=path):
            answer = send(APIClient(), method, path, b"{}", **{"Idempotency-Key": "k"})
            assert_problem(answer, 401, words="Send an API key")


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "TRACE", "BREW"])
def test_a_method_that_an_address_does_not_know_is_refused(client, method, subtests):
    before = counts()

    for path in dict.fromkeys(path for _, path, _ in EVERY_CALL):
        if method not in {known for known, where, _ in EVERY_CALL if where == path}:
            with subtests.test(path=path):
                answer = send(client, method, path, b"{}", **{"Idempotency-Key": "k"})
                assert_problem(answer, 405)
                assert answer["Allow"]

    assert counts() == before


@pytest.mark.parametrize(("method", "path"), READERS[:-1])
def test_a_body_of_a_kind_that_is_not_read_here_is_refused(client, method, path):
    answer = send(client, method, path, b"member=ada", "application/x-www-form-urlencoded", **{"Idempotency-Key": "k"})

    assert_problem(answer, 415)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_an_unknown_address_answers_in_the_same_form_whatever_the_method(method):
    client = APIClient(enforce_csrf_checks=True)

    assert_problem(send(client, method, "nothing", b"{}"), 404)


def test_an_event_of_a_foreign_source_cannot_be_read(client_of):
    factories.report(item("e1", "ada"))
    stranger = client_of(sources=("other",))

    assert_problem(send(stranger, "GET", "events/app/e1"), 404)
    assert send(client_of(), "GET", "events/app/e1").status_code == 200


@pytest.mark.parametrize(
    "key", [pytest.param(key, id=name) for name, key in (("empty", ""), ("too_long", "k" * 129), ("tab", "a\tb"))]
)
@pytest.mark.parametrize(("path", "body"), [("spends", SPEND), ("transfers", TRANSFER), ("adjustments", ADJUST)])
def test_moving_points_without_a_usable_idempotency_key_moves_nothing(client, path, body, key):
    before = counts()

    answer = send(client, "POST", path, json.dumps(body).encode(), **({"Idempotency-Key": key} if key else {}))

    assert_problem(answer, 400, words="Idempotency-Key")
    assert counts() == before


def test_a_mistake_in_the_body_does_not_burn_its_idempotency_key(client):
    factories.CurrencyFactory()
    wrong = {**ADJUST, "amount": "many"}

    assert_problem(send(client, "POST", "adjustments", json.dumps(wrong).encode(), **{"Idempotency-Key": "k"}), 400)
    mended = send(client, "POST", "adjustments", json.dumps(ADJUST).encode(), **{"Idempotency-Key": "k"})

    assert (mended.status_code, mended.json()["balance"]) == (201, "1")


def test_a_key_that_asks_too_often_is_told_when_to_come_back(client_of):
    client = client_of()
    ApiKey.objects.update(requests_per_minute=1)

    assert send(client, "GET", "whoami").status_code == 200
    answer = send(client, "GET", "whoami")

    assert_problem(answer, 429)
    assert 0 < int(answer["Retry-After"]) <= 60


def test_when_too_much_waits_events_are_sent_back_for_later(client, settings, monkeypatch):
    from incentives.api import events

    factories.report(item("e1", "ada"), now=datetime.now(UTC) - timedelta(hours=2))
    monkeypatch.setattr(events, "_overload", events._Overload())

    answer = send(client, "POST", "events", event(id="good"))

    assert_problem(answer, 429)
    assert answer["Retry-After"] == "30"
    assert Work.objects.count() == 1
