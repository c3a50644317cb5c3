"""Addresses, parameters and names that cannot be."""

from __future__ import annotations

import uuid

import pytest

from tests.flows.bad_input.calls import assert_problem, counts, send

# Bounds that a database has are tried on each by the fuzz at the bounds of the schema.
pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.mark.parametrize(
    ("_case", "path", "status"),
    [
        ("no_page_size", "members/ada/statement?page_size=0", 400),
        ("page_size_too_large", "members/ada/statement?page_size=201", 400),
        ("page_size_too_large_behind_zeros", "members/ada/statement?page_size=000000100000000", 400),
        ("page_size_negative", "members/ada/statement?page_size=-1", 400),
        ("page_size_in_words", "members/ada/statement?page_size=ten", 400),
        ("page_size_without_end", f"members/ada/statement?page_size={'9' * 5_000}", 400),
        ("page_size_in_other_digits", "members/ada/statement?page_size=%D9%A3", 400),
        ("cursor_in_words", "members/ada/statement?cursor=next", 400),
        ("cursor_of_another_list", "members/ada/statement?cursor=cD01", 400),
        ("cursor_beyond_the_numbers", "members/ada/statement?cursor=ZTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OQ", 400),
        ("cursor_not_ascii", "members/ada/statement?cursor=%C3%A9", 400),
        ("cursor_nul", "members/ada/statement?cursor=%00", 400),
        ("unknown_currency", "members/ada/statement?currency=pionts", 400),
        ("currency_nul", "members/ada/statement?currency=%00", 400),
        ("rule_nul", "members/ada/statement?rule=%00", 400),
        ("list_page_size_in_words", "members?page_size=ten", 400),
        ("list_page_size_zero", "members?page_size=0", 400),
        ("list_page_size_too_large", "members?page_size=201", 400),
        ("list_cursor_in_words", "members?cursor=next", 400),
        ("list_cursor_of_another_list", "members?cursor=ZTU", 400),
        ("list_cursor_not_a_number", "members?cursor=cD1hYmM", 400),
        ("list_cursor_beyond_the_numbers", "members?cursor=cD05OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5", 400),
        ("list_cursor_nul", "members?cursor=%00", 400),
        ("list_status", "members?status=gone", 400),
        ("list_house", "members?house=perhaps", 400),
        ("list_language_nul", "members?language=%00", 400),
        ("list_joined_in_words", "members?joined_from=yesterday", 400),
        ("list_joined_without_zone", "members?joined_from=2026-01-01T00:00:00", 400),
        ("list_joined_after_the_year_9999", "members?joined_until=9999-12-31T23:59:59-12:00", 400),
        ("list_joined_in_the_year_1", "members?joined_from=0001-01-01T00:00:00%2B12:00", 400),
        ("member_unknown", "members/nobody", 404),
        ("member_nul", "members/a%00b", 404),
        ("member_not_utf_8", "members/%ff", 404),
        ("member_a_megabyte", f"members/{'a' * 100_000}", 404),
        ("balances_unknown", "members/nobody/balances", 404),
        ("data_unknown", "members/nobody/data", 404),
        ("lots_unknown", "members/nobody/lots", 404),
        ("standing_unknown", "members/nobody/standing", 404),
        ("event_unknown", "events/app/e1", 404),
        ("ladder_is_not_read_alone", "ladders/growth", 404),
        ("segment_unknown", "segments/founder", 404),
        ("segment_nul", "segments/a%00b", 404),
        ("segment_members_unknown", "segments/founder/members", 404),
        ("space_unknown", "spaces/nowhere", 404),
        ("space_nul", "spaces/a%00b", 404),
        ("space_members_of_no_state", "spaces/circle/members?state=gone", 400),
        ("roles_of_nobody", "members/nobody/roles", 404),
        ("partner_unknown", "partners/nobody", 404),
        ("partner_nul", "partners/a%00b", 404),
        ("segment_members_since_yesterday", "segments/founders/members?since_from=yesterday", 400),
        ("event_nul", "events/app/a%00b", 404),
        ("event_source_nul", "events/a%00b/e1", 404),
        ("event_source_unknown", "events/nobody/e1", 404),
        ("type_unknown", "event-types/no.such", 404),
        ("type_nul", "event-types/a%00b", 404),
        ("hold_unknown", f"holds/{uuid.UUID(int=7)}", 404),
        ("hold_no_uuid", "holds/7", 404),
        ("referrals_unknown", "members/nobody/referrals", 404),
        ("invitation_unknown", "invitations/NOTHING", 404),
        ("invitation_nul", "invitations/a%00b", 404),
        ("invitation_a_megabyte", f"invitations/{'a' * 100_000}", 404),
        ("growth_in_words", "growth?joined_from=yesterday", 400),
        ("growth_without_zone", "growth?sent_until=2026-01-01T00:00:00", 400),
        ("growth_after_the_year_9999", "growth?joined_until=9999-12-31T23:59:59-12:00", 400),
        ("growth_in_no_time", "growth?accepted_within_days=0", 400),
        ("growth_in_two_to_the_63_days", f"growth?accepted_within_days={2**63}", 400),
        ("growth_by_mood", "growth?group_by=mood", 400),
        ("growth_by_nul", "growth?group_by=%00", 400),
        ("privileges_unknown_member", "members/nobody/privileges", 404),
        ("privilege_unknown", "members/ada/privileges/pni", 404),
        ("privilege_nul", "members/ada/privileges/a%00b", 404),
        ("privilege_a_megabyte", f"members/ada/privileges/{'a' * 100_000}", 404),
        ("privilege_unknown_filter", "members/ada/privileges?code=pin", 400),
        ("quests_unknown_member", "members/nobody/quests", 404),
        ("quests_unknown_filter", "members/ada/quests?state=open", 400),
        ("quests_state", "quests?state=gone", 400),
        ("first_day_nul", "members/a%00b/first-day", 404),
        ("weeks_unknown_filter", "newcomers/weeks?weeks=4", 400),
        ("games_cursor", "games?cursor=next", 400),
        ("round_unknown", f"rounds/{uuid.UUID(int=7)}", 404),
        ("round_no_uuid", "rounds/7", 404),
        ("round_a_megabyte", f"rounds/{'a' * 100_000}", 404),
        ("connections_unknown", "members/nobody/connections", 404),
        ("connections_nul", "members/a%00b/connections", 404),
        ("connection_counts_in_words", "connections?least=few", 400),
        ("connection_counts_below_zero", "connections?least=-1", 400),
        ("connection_counts_beyond_the_numbers", f"connections?most={2**70}", 400),
        ("connection_counts_nan", "connections?most=NaN", 400),
        ("connection_counts_cursor", "connections?cursor=next", 400),
        ("content_unknown", "contents/7", 404),
        ("content_beyond_the_numbers", f"contents/{2**64}", 404),
        ("contents_state", "contents?state=gone", 400),
        ("contents_author_nul", "contents?author=%00", 400),
        ("contents_good_perhaps", "contents?good=perhaps", 400),
        ("contents_published_without_zone", "contents?published_from=2026-01-01T00:00:00", 400),
        ("content_shares_of_no_week", "contents/shares?weeks=0", 400),
        ("content_shares_of_two_to_the_70", f"contents/shares?weeks={2**70}", 400),
        ("content_shares_since", "contents/shares?since=2026", 400),
        ("need_unknown", "needs/7", 404),
        ("need_beyond_the_numbers", f"needs/{2**64}", 404),
        ("needs_state", "needs?state=gone", 400),
        ("needs_kind_nul", "needs?kind=%00", 400),
        ("member_needs_unknown", "members/nobody/needs", 404),
        ("violation_unknown", "violations/7", 404),
        ("violation_beyond_the_numbers", f"violations/{2**64}", 404),
        ("violations_state", "violations?state=gone", 400),
        ("violations_member_nul", "violations?member=%00", 400),
        ("reports_state", "reports?state=gone", 400),
        ("conduct_unknown", "members/nobody/conduct", 404),
        ("notifications_unknown", "members/nobody/notifications", 404),
        ("notifications_state", "members/ada/notifications?state=new", 400),
        ("notifications_cursor", "members/ada/notifications?cursor=next", 400),
        ("campaign_unknown", "campaigns/none", 404),
        ("campaign_nul", "campaigns/a%00b", 404),
        ("campaign_report_of_none", "campaigns/none/report", 404),
        ("campaigns_in_an_unknown_state", "campaigns?state=over", 400),
        ("campaign_parameter", "campaigns/draft?full=1", 400),
        ("case_unknown", "members/ada/cases/7", 404),
        ("case_in_words", "members/ada/cases/first", 404),
        ("case_beyond_the_numbers", f"members/ada/cases/{2**64}", 404),
        ("cases_of_nobody", "members/nobody/cases", 404),
        ("correction_unknown", "corrections/7", 404),
        ("correction_beyond_the_numbers", f"corrections/{2**64}", 404),
        ("corrections_cursor", "corrections?cursor=next", 400),
        ("no_rules_yet", "community-rules", 404),
        ("no_such_address", "nothing", 404),
        ("no_such_address_below", "members/ada/balances/points", 404),
        ("root", "", 404),
    ],
)
def test_an_address_or_a_parameter_that_cannot_be_meant_is_one_problem(client, _case, path, status):
    assert_problem(send(client, "GET", path), status)


@pytest.mark.parametrize(
    ("_case", "path"),
    [
        ("nul", "members/a%00b"),
        ("too_long", f"members/{'a' * 129}"),
        ("line_break", "members/a%0Ab"),
        ("type_in_capitals", "event-types/Content"),
        ("type_empty_part", "event-types/content..published"),
        ("type_nul", "event-types/a%00b"),
        ("type_too_long", f"event-types/{'a' * 65}"),
    ],
)
def test_nothing_is_created_under_a_name_that_cannot_be(client, _case, path):
    before = counts()

    assert_problem(send(client, "PUT", path, b"{}"), 400)

    assert counts() == before


def test_our_own_event_types_cannot_be_changed(client):
    answer = send(client, "PUT", "event-types/points.awarded", b'{"schema": {}}')

    assert_problem(answer, 409, words="Laurels' own")
