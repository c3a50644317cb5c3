"""Bodies that can be read and not be meant are refused with their place."""

from __future__ import annotations

import json
import uuid

import pytest

from tests.flows.bad_input.calls import ADJUST, MEGABYTE, SPEND, TRANSFER, assert_problem, counts, send

# Bounds that a database has are tried on each by the fuzz at the bounds of the schema.
pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


def refused(path, method, *cases):
    return [pytest.param(method, path, body, *rest, id=f"{path}-{name}") for name, body, *rest in cases]


REVERSE = {"journal_id": "1", "cause": "fraud"}


def amounts(body):
    """The ways in which an amount can be wrong."""
    return [
        (name, {**body, "amount": value}, 400, "#/amount", words)
        for name, value, words in (
            ("amount_in_words", "many", "number"),
            ("amount_nan", "NaN", "number"),
            ("amount_infinite", "-Infinity", "number"),
            ("amount_1e400", "1e400", "digits"),
            ("amount_1e999999999", "1e999999999", "digits"),
            ("amount_two_to_the_63", 2**63, "digits"),
            ("amount_two_to_the_63_as_text", str(2**63), "digits"),
            ("amount_1000_digits", "1" + "0" * 1_000, ""),
            ("amount_5000_digits", "1" + "0" * 5_000, ""),
            ("amount_with_a_fraction", "1.5", "points has 0 decimals."),
            ("amount_too_small", "0.00001", "decimal places"),
            ("amount_of_nothing", "0", ""),
            ("amount_null", None, "null"),
            ("amount_true", True, ""),
            ("amount_list", [], ""),
            ("amount_object", {"value": 1}, ""),
            ("amount_empty", "", ""),
            ("amount_a_megabyte", "1" * 1_000_000, ""),
        )
    ] + [
        (
            "amount_beyond_the_ledger",
            {**body, "amount": "99999999999999", "currency": "cents"},
            400,
            "#/amount",
            "at most",
        )
    ]


LOAN = {"until": "2126-01-01T00:00:00Z", "reason": "A gift."}
PREVIEW = {"tiers": {"bronze": {"threshold": 5}}}
BODIES = [
    *refused(
        "members/ada/leave", "PUT",
        ("nothing", {}, 400, "#/until", "required"),
        ("without_zone", {"until": "2026-12-24T12:00:00"}, 400, "#/until", "zone"),
        ("past", {"until": "2020-01-01T00:00:00Z"}, 422, None, "future"),
        ("for_ever", {"until": "2126-01-01T00:00:00Z"}, 422, None, "60 days"),
    ),
    *refused(
        "members/ada/roles/host", "PUT",
        ("over_before_it_begins", {"ends_at": "2020-01-01T00:00:00Z"}, 422, None, "A term ends"),
        ("no_zone", {"ends_at": "2126-01-01T00:00:00"}, 400, "#/ends_at", "zone"),
        ("space_unknown", {"space": "nowhere"}, 404, "#/space", "There is no space"),
        ("space_nul", {"space": "a\x00"}, 400, "#/space", "NUL"),
        ("unknown_field", {"end_at": None}, 400, "#/end_at", "Did you mean ends_at?"),
    ),
    *refused(
        "invitations", "POST",
        ("space_unknown", {"space": "nowhere"}, 404, "#/space", "There is no space"),
        ("partner_unknown", {"partner": "nobody"}, 404, "#/partner", "There is no partner"),
        ("partner_and_inviter", {"partner": "shop", "inviter": "ada"}, 400, "#/partner", "not both"),
        ("more_than_agreed", {"partner": "shop", "uses_max": 5}, 422, None, "may bring 0 more"),
    ),
    *refused(
        "members/ada/tiers/growth/bronze/loan", "PUT",
        ("past", {**LOAN, "until": "2020-01-01T00:00:00Z"}, 422, None, "must lie in the future"),
        ("no_zone", {**LOAN, "until": "2126-01-01T00:00:00"}, 400, "#/until", "zone"),
        ("no_reason", {"until": LOAN["until"]}, 400, "#/reason", "required"),
        ("reason_blank", {**LOAN, "reason": " "}, 400, "#/reason", "blank"),
        ("reason_a_megabyte", {**LOAN, "reason": MEGABYTE}, 400, "#/reason", "300"),
        ("nul", {**LOAN, "reason": "a\x00"}, 400, "#/reason", "NUL"),
    ),
    *refused(
        "members/ada/tiers/growth/bronze/invitation", "PUT",
        ("open_tier", {}, 422, None, "open to everybody"),
        ("unknown_field", {"raeson": "x"}, 400, "#/raeson", "Did you mean reason?"),
    ),
    *refused(
        "ladders/growth/preview", "POST",
        ("metric_of_nothing", {"metric": "mood:growth"}, 422, None, "There is no metric"),
        ("metric_that_can_be_bought", {"metric": "balance:points"}, 422, None, "spendable"),
        ("metric_nul", {"metric": "a\x00"}, 400, "#/metric", "NUL"),
        ("days_of_a_year", {"window": "year", "days": 5}, 422, None, "no days"),
        ("steps_without_a_rhythm", {"falls": "step"}, 422, None, "calendar window or days of validity"),
        ("two_to_the_63", {"tiers": {"bronze": {"threshold": 2**63}}}, 400, "#/tiers/bronze/threshold", "less"),
        ("tier_code", {"tiers": {"a/b": {}}}, 400, "#/tiers", "is no code"),
        ("tier_is_a_list", {"tiers": {"bronze": []}}, 400, None, ""),
        ("keep_above", {"tiers": {"bronze": {"threshold": 5, "keep": 6}}}, 422, None, "not above its threshold"),
        ("no_such_counter", {"tiers": {"bronze": {"demands": [{"counter": "x", "at_least": 1}]}}}, 422, None,
         "There is no counter"),
        ("new_tier_without_a_line", {"tiers": {"gold": {}}}, 422, None, "threshold"),
    ),
    *refused(
        "spends", "POST",
        *amounts(SPEND),
        ("negative", {**SPEND, "amount": "-1"}, 400, "#/amount", "greater than or equal"),
        ("unknown_member", {**SPEND, "member": "nobody"}, 404, "#/member", "There is no member 'nobody'."),
        ("unknown_currency", {**SPEND, "currency": "point"}, 400, "#/currency", "there are:"),
        ("unknown_field", {**SPEND, "amuont": "1"}, 400, "#/amuont", "Did you mean amount?"),
        ("unknown_field_with_a_slash", {**SPEND, "a/b": "1"}, 400, "#/a~1b", "There is no field"),
        ("missing", {"currency": "points", "amount": "1"}, 400, "#/member", "required"),
        ("member_is_a_number", {**SPEND, "member": 7}, 400, "#/member", "text"),
        ("member_is_a_list", {**SPEND, "member": ["ada"]}, 400, "#/member", "text"),
        ("member_is_null", {**SPEND, "member": None}, 400, "#/member", "null"),
        ("member_is_a_megabyte", {**SPEND, "member": MEGABYTE}, 400, "#/member", "128"),
        ("nul", {**SPEND, "member": "a\x00"}, 400, "#/member", "NUL"),
    ),
    *refused(
        "holds", "POST",
        *amounts(SPEND),
        ("unknown_member", {**SPEND, "member": "nobody"}, 404, "#/member", "There is no member"),
        ("unknown_currency", {**SPEND, "currency": "point"}, 400, "#/currency", "there are:"),
        ("unknown_field", {**SPEND, "second": 5}, 400, "#/second", "Did you mean seconds?"),
        ("seconds_zero", {**SPEND, "seconds": 0}, 400, "#/seconds", "greater than or equal"),
        ("seconds_two_to_the_63", {**SPEND, "seconds": 2**63}, 400, "#/seconds", "less than or equal"),
        ("seconds_1e400", {**SPEND, "seconds": "1e400"}, 400, "#/seconds", "whole number"),
        ("seconds_a_text", {**SPEND, "seconds": "900"}, 400, "#/seconds", "whole number"),
        ("seconds_a_fraction", {**SPEND, "seconds": 1.5}, 400, "#/seconds", "whole number"),
        ("seconds_a_bool", {**SPEND, "seconds": True}, 400, "#/seconds", "whole number"),
    ),
    *refused(
        f"holds/{uuid.UUID(int=7)}/capture", "POST",
        ("amount_nan", {"amount": "NaN"}, 400, "#/amount", "number"),
        ("amount_negative", {"amount": "-5"}, 400, "#/amount", "greater than or equal"),
        ("unknown_field", {"amont": "1"}, 400, "#/amont", "Did you mean amount?"),
    ),
    *refused(
        "transfers", "POST",
        *amounts(TRANSFER),
        ("unknown_payer", {**TRANSFER, "payer": "nobody"}, 404, "#/payer", "There is no member"),
        ("unknown_payee", {**TRANSFER, "payee": "nobody"}, 404, "#/payee", "There is no member"),
        ("unknown_field", {**TRANSFER, "member": "ada"}, 400, "#/member", "There is no field"),
        ("missing", {**TRANSFER, "payee": ""}, 400, "#/payee", "blank"),
    ),
    *refused(
        "adjustments", "POST",
        *amounts(ADJUST),
        ("no_reason", {**ADJUST, "reason": ""}, 400, "#/reason", "blank"),
        ("reason_too_long", {**ADJUST, "reason": "x" * 501}, 400, "#/reason", "500"),
        ("beyond_the_ledger_downwards", {**ADJUST, "amount": "-99999999999999", "currency": "cents"}, 400, "#/amount", ""),
        ("unknown_field", {**ADJUST, "note": "x"}, 400, "#/note", "There is no field"),
    ),
    *refused(
        "reversals", "POST",
        ("journal_a_number", {**REVERSE, "journal_id": 1}, 400, "#/journal_id", "text"),
        ("journal_a_word", {**REVERSE, "journal_id": "last"}, 400, "#/journal_id", ""),
        ("journal_two_to_the_63", {**REVERSE, "journal_id": str(2**63)}, 400, "#/journal_id", ""),
        ("journal_in_other_digits", {**REVERSE, "journal_id": "١"}, 400, "#/journal_id", ""),
        ("no_cause", {"journal_id": "1"}, 400, "#/cause", "required"),
        ("unknown_field", {**REVERSE, "reason": "x"}, 400, "#/reason", "There is no field"),
    ),
    *refused(
        "members/new", "PUT",
        ("unknown_field", {"lanugage": "en"}, 400, "#/lanugage", "Did you mean language?"),
        ("unknown_zone", {"time_zone": "Mars/Olympus"}, 400, "#/time_zone", "Europe/Berlin"),
        ("unknown_status", {"status": "gone"}, 400, "#/status", "not a valid choice"),
        ("status_a_list", {"status": []}, 400, "#/status", ""),
        ("email", {"email": "nobody"}, 400, "#/email", "email"),
        ("verified_in_words", {"verified": "yes"}, 400, "#/verified", "true or false"),
        ("verified_a_number", {"verified": 1}, 400, "#/verified", "true or false"),
        ("verified_null", {"verified": None}, 400, "#/verified", "null"),
        ("name_a_number", {"display_name": 7}, 400, "#/display_name", "text"),
        ("name_too_long", {"display_name": "x" * 151}, 400, "#/display_name", "150"),
        ("name_a_megabyte", {"display_name": MEGABYTE}, 400, "#/display_name", "150"),
        ("nul", {"display_name": "a\x00"}, 400, "#/display_name", "NUL"),
        ("zone_in_a_folder", {"time_zone": "../../etc/passwd"}, 400, "#/time_zone", "not a time zone"),
        ("joined_without_zone", {"joined_at": "2026-01-01T00:00:00"}, 400, "#/joined_at", "zone"),
        ("joined_on_a_day", {"joined_at": "2026-01-01"}, 400, "#/joined_at", ""),
        ("joined_in_the_year_9999", {"joined_at": "9999-12-31T23:59:59Z"}, 400, "#/joined_at", "1900 and 2200"),
        ("joined_after_the_year_9999", {"joined_at": "9999-12-31T23:59:59-12:00"}, 400, "#/joined_at", ""),
        ("joined_in_the_year_1", {"joined_at": "0001-01-01T00:00:00+12:00"}, 400, "#/joined_at", ""),
        ("joined_a_number", {"joined_at": 1760000000}, 400, "#/joined_at", ""),
        ("joined_null", {"joined_at": None}, 400, "#/joined_at", "null"),
    ),
    *refused(
        "members/ada/merges", "POST",
        ("no_reason", {"merged": "bo"}, 400, "#/reason", "required"),
        ("nobody", {"merged": "nobody", "reason": "x"}, 404, "#/merged", "no member"),
        ("itself", {"merged": "ada", "reason": "x"}, 422, "#/merged", "same member"),
        ("nul", {"merged": "b\x00", "reason": "x"}, 400, "#/merged", "NUL"),
    ),
    *refused(
        "members/ada/erasure", "POST",
        ("no_reason", {"ref": "ada"}, 400, "#/reason", "required"),
        ("another_ref", {"ref": "bo", "reason": "x"}, 422, "#/ref", "ref"),
    ),
    *refused(
        "members/ada/rules-acceptance", "POST",
        ("no_rules_yet", {"version": 1}, 422, "#/version", "no rules"),
        ("version_in_words", {"version": "one"}, 400, "#/version", "whole number"),
        ("version_beyond", {"version": 2**63}, 400, "#/version", ""),
    ),
    *refused(
        "violations", "POST",
        ("unknown_kind", {"member": "ada", "kind": "spam"}, 400, "#/kind", "none yet"),
        ("unknown_member", {"member": "nobody", "kind": "x"}, 404, "#/member", "no member"),
        ("unknown_consequence", {"member": "ada", "kind": "x", "consequence": "jail"}, 400, "#/consequence", ""),
        ("hours_zero", {"member": "ada", "kind": "x", "hours": 0}, 400, "#/hours", ""),
        ("hours_beyond", {"member": "ada", "kind": "x", "hours": 2**63}, 400, "#/hours", ""),
        ("fine_nan", {"member": "ada", "kind": "x", "fine": "NaN"}, 400, "#/fine", ""),
        ("evidence_a_megabyte", {"member": "ada", "kind": "x", "evidence": MEGABYTE}, 400, "#/evidence", "4000"),
    ),
    *refused(
        "members/ada/notifications/read", "POST",
        ("id_in_words", {"ids": ["first"]}, 400, "#/ids/0", "id of a notification"),
        ("ids_a_text", {"ids": "7"}, 400, "#/ids", "list"),
        ("too_many", {"ids": ["1"] * 201}, 400, "#/ids", "200"),
        ("unknown_field", {"all": True}, 400, "#/all", "There is no field"),
    ),
    *refused(
        "members/ada/notification-choice", "PUT",
        ("nothing", {}, 400, "#/promotions", "required"),
        ("in_words", {"promotions": "no"}, 400, "#/promotions", "true or false"),
    ),
    *refused(
        "campaigns/draft/stop", "POST",
        ("no_reason", {}, 400, "#/reason", "required"),
        ("reason_too_long", {"reason": "x" * 201}, 400, "#/reason", "200"),
        ("unknown_field", {"reason": "x", "quiet": True}, 400, "#/quiet", "There is no field"),
    ),
    *refused(
        "members/ada/cases", "POST",
        ("nothing", {}, 400, "#/happened_at", "when it happened"),
        ("unknown_type", {"event_type": "content.publishd", "happened_at": "2026-11-24T12:00:00Z"}, 400, "#/event_type", ""),
        ("foreign_source", {"source": "other", "event": "e1"}, 403, "#/source", "other"),
        ("event_that_never_came", {"source": "app", "event": "e1"}, 400, "#/happened_at", "type and when"),
        ("without_zone", {"event_type": "content.published", "happened_at": "2026-11-24T12:00:00"}, 400, "#/happened_at", "zone"),
        ("words_a_megabyte", {"text": MEGABYTE, "happened_at": "2026-11-24T12:00:00Z"}, 400, "#/text", "2000"),
        ("unknown_field", {"rule": "post"}, 400, "#/rule", "There is no field"),
    ),
    *refused(
        "quests/check", "POST",
        ("no_document", {}, 400, "#/document", "required"),
        ("document_a_list", {"document": []}, 400, "#/document", ""),
        ("unknown_field", {"document": {}, "facts": {}}, 400, "#/facts", "There is no field"),
    ),
    *refused(
        "games/idioms/rounds", "POST",
        ("no_opening", {}, 400, "#/opening", "required"),
        ("opening_a_number", {"opening": 7}, 400, "#/opening", "text"),
        ("opening_too_long", {"opening": "一" * 201}, 400, "#/opening", "200"),
        ("answers_too_many", {"opening": "一心一意", "answers": ["x"] * 21}, 400, "#/answers", "20"),
        ("hours_zero", {"opening": "一心一意", "hours": 0}, 400, "#/hours", ""),
        ("hours_beyond", {"opening": "一心一意", "hours": 2**63}, 400, "#/hours", ""),
        ("unknown_host", {"opening": "一心一意", "host": "nobody"}, 404, "#/host", "no member"),
    ),
    *refused(
        f"rounds/{uuid.UUID(int=7)}/turns", "POST",
        ("nobody", {"text": "x"}, 400, "#/member", "required"),
        ("unknown_member", {"member": "nobody", "text": "x"}, 404, "#/member", "no member"),
        ("text_a_megabyte", {"member": "ada", "text": MEGABYTE}, 400, "#/text", "200"),
        ("text_nul", {"member": "ada", "text": "a\x00"}, 400, "#/text", ""),
    ),
    *refused(
        "corrections", "POST",
        ("nothing", {"act": "add", "reason": "x"}, 400, "#/found_by", "required"),
        ("no_such_list", {"found_by": "all", "act": "add", "reason": "x"}, 400, "#/found_by", ""),
        ("nobody", {"found_by": "refs", "refs": ["nobody"], "act": "add", "currency": "points", "amount": "1", "reason": "x"}, 400, "#/refs", "nobody"),
        ("no_currency", {"found_by": "refs", "refs": ["ada"], "act": "add", "amount": "1", "reason": "x"}, 400, "#/currency", "no such"),
        ("less_than_nothing", {"found_by": "refs", "refs": ["ada"], "act": "add", "currency": "points", "amount": "-1", "reason": "x"}, 400, "#/amount", ""),
        ("too_fine", {"found_by": "refs", "refs": ["ada"], "act": "add", "currency": "points", "amount": "0.5", "reason": "x"}, 400, "#/amount", "finer"),
        ("no_window", {"found_by": "event", "type": "content.published", "act": "add", "currency": "points", "amount": "1", "reason": "x"}, 400, "#/ends_at", "from when"),
        ("nul", {"found_by": "segment", "segment": "a\x00", "act": "add", "currency": "points", "amount": "1", "reason": "x"}, 400, "#/segment", ""),
        ("unknown_field", {"found_by": "refs", "act": "add", "reason": "x", "approve": True}, 400, "#/approve", "There is no field"),
    ),
    *refused(
        "reports", "POST",
        ("themselves", {"reporter": "ada", "subject": "ada"}, 422, "#/reporter", "themselves"),
        ("unknown_subject", {"reporter": "ada", "subject": "nobody"}, 404, "#/subject", "no member"),
        ("unknown_field", {"reporter": "ada", "subject": "bo", "points": 5}, 400, "#/points", "There is no field"),
    ),
    *refused(
        "members/batch", "POST",
        ("nobody", {"members": []}, 400, "#/members", ""),
        ("too_many", {"members": [{"ref": "x"}] * 501}, 400, "#/members", "500"),
        ("not_a_list", {"members": {"ref": "x"}}, 400, "#/members", ""),
        ("items_no_objects", {"members": ["x"]}, 400, "#/members/0", ""),
        ("unknown_field", {"members": [{"ref": "x"}], "quiet": True}, 400, "#/quiet", "There is no field"),
    ),
    *refused(
        "event-types/a.type", "PUT",
        ("schema_a_list", {"schema": []}, 400, "#/schema", ""),
        ("schema_null", {"schema": None}, 400, "#/schema", "null"),
        ("unknown_word", {"schema": {"n": {"type": "bool", "optinal": True}}}, 400, "#/schema", "optinal"),
        ("field_a_text", {"schema": {"n": "int"}}, 400, "#/schema", "n:"),
        ("unknown_kind", {"schema": {"n": {"type": "float"}}}, 400, "#/schema", "n:"),
        ("number_without_bounds", {"schema": {"n": {"type": "int"}}}, 400, "#/schema", "needs min and max"),
        ("bounds_nan", {"schema": {"n": {"type": "decimal", "min": "NaN", "max": 1}}}, 400, "#/schema", "n:"),
        ("bounds_snan", {"schema": {"n": {"type": "decimal", "min": 0, "max": "sNaN"}}}, 400, "#/schema", "n:"),
        ("bounds_1e400", {"schema": {"n": {"type": "decimal", "min": 0, "max": "1e400"}}}, 400, "#/schema", "18 digits"),
        ("bounds_infinite", {"schema": {"n": {"type": "int", "min": "-Infinity", "max": 1}}}, 400, "#/schema", "n:"),
        ("bounds_swapped", {"schema": {"n": {"type": "int", "min": 2, "max": 1}}}, 400, "#/schema", "in order"),
        ("bounds_two_to_the_63", {"schema": {"n": {"type": "int", "min": 0, "max": 2**63}}}, 400, "#/schema", "18 digits"),
        ("bounds_fraction", {"schema": {"n": {"type": "int", "min": 0.5, "max": 1}}}, 400, "#/schema", "whole numbers"),
        ("bounds_of_a_text", {"schema": {"n": {"type": "string", "min": 0}}}, 400, "#/schema", "only numbers"),
        ("no_name", {"schema": {"": {"type": "bool"}}}, 400, "#/schema", "not a field name"),
        ("name_in_capitals", {"schema": {"Words": {"type": "bool"}}}, 400, "#/schema", "not a field name"),
        ("enum_empty", {"schema": {"n": {"type": "string", "enum": []}}}, 400, "#/schema", "at least one value"),
        ("enum_of_numbers", {"schema": {"n": {"type": "string", "enum": [1]}}}, 400, "#/schema", "n:"),
        ("too_many_fields", {"schema": {f"n{n}": {"type": "bool"} for n in range(61)}}, 400, "#/schema", "at most 60"),
        ("text_too_long", {"schema": {"n": {"type": "string", "max_length": 2**63}}}, 400, "#/schema", "max_length"),
        ("unknown_field", {"shema": {}}, 400, "#/shema", "Did you mean schema?"),
        ("meaning_a_megabyte", {"meaning": MEGABYTE}, 400, "#/meaning", "200"),
    ),
    *refused(
        "invitations", "POST",
        ("unknown_inviter", {"inviter": "nobody"}, 404, "#/inviter", "There is no member"),
        ("inviter_a_number", {"inviter": 7}, 400, "#/inviter", "text"),
        ("inviter_a_megabyte", {"inviter": MEGABYTE}, 400, "#/inviter", "128"),
        ("inviter_nul", {"inviter": "a\x00"}, 400, "#/inviter", "NUL"),
        ("unknown_field", {"chanel": "x"}, 400, "#/chanel", "Did you mean channel?"),
        ("channel_in_words", {"channel": "word of mouth"}, 400, "#/channel", ""),
        ("email", {"email": "nobody"}, 400, "#/email", "email"),
        ("domain", {"email_domain": "a b"}, 400, "#/email_domain", ""),
        ("uses_none", {"uses_max": 0}, 400, "#/uses_max", "greater than or equal"),
        ("uses_two_to_the_63", {"uses_max": 2**63}, 400, "#/uses_max", "less than or equal"),
        ("uses_a_text", {"uses_max": "5"}, 400, "#/uses_max", "whole number"),
        ("uses_of_one_address", {"email": "a@b.example", "uses_max": 2}, 400, "#/uses_max", "for one person"),
        ("expires_without_zone", {"expires_at": "2030-01-01T00:00:00"}, 400, "#/expires_at", "zone"),
        ("expires_in_the_year_9999", {"expires_at": "9999-12-31T23:59:59Z"}, 400, "#/expires_at", "1900 and 2200"),
    ),
    *refused(
        "invitations/CODE/accept", "POST",
        ("no_ref", {}, 400, "#/ref", "required"),
        ("ref_with_a_slash", {"ref": "a/b"}, 400, "#/ref", ""),
        ("ref_with_a_line_break", {"ref": "a\nb"}, 400, "#/ref", ""),
        ("ref_too_long", {"ref": "a" * 129}, 400, "#/ref", ""),
        ("ref_a_number", {"ref": 7}, 400, "#/ref", "text"),
        ("zone", {"ref": "new", "time_zone": "Mars"}, 400, "#/time_zone", "Europe/Berlin"),
        ("age", {"ref": "new", "age_band": "old"}, 400, "#/age_band", "not a valid choice"),
        ("email", {"ref": "new", "email": "nobody"}, 400, "#/email", "email"),
        ("name_a_megabyte", {"ref": "new", "display_name": MEGABYTE}, 400, "#/display_name", "150"),
        ("unknown_field", {"ref": "new", "emial": "a@b.example"}, 400, "#/emial", "Did you mean email?"),
    ),
    *refused(
        "rules/check", "POST",
        ("no_document", {}, 400, "#/document", "required"),
        ("document_a_list", {"document": []}, 400, "#/document", ""),
        ("document_a_text", {"document": "code: x"}, 400, "#/document", ""),
        ("unknown_field", {"document": {}, "facts": {}}, 400, "#/facts", "There is no field"),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "status", "pointer", "words"), BODIES)
def test_a_body_that_cannot_be_meant_is_refused_with_its_place(client, method, path, body, status, pointer, words):
    before = counts()

    answer = send(client, method, path, json.dumps(body).encode(), **{"Idempotency-Key": "k"})

    assert_problem(answer, status, pointer, words)
    assert counts() == before
