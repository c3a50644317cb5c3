"""What the database itself refuses about scans, tried with plain SQL."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from activities.domain import following
from activities.domain.checking_in.codes import code_of
from activities.domain.checking_in.scanning import Scanned, take
from activities.domain.registering import register
from activities.models import Scan
from incentives.domain.ledger import guards
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture
def scan():
    evening = factories.announced(guests_max=1)
    ada = register(activity_id=evening.pk, member=factories.MemberFactory(ref="ada"), now=timezone.now())[0]
    scanned = Scanned("n", evening.starts_at, code_of(ada), device="door-1", reason="")
    return take(activity_id=evening.pk, scanned=scanned, now=evening.starts_at, actor="operator Ines").scan


def run(statement):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE activities_scan SET result = 'already'",
        "UPDATE activities_scan SET scanned_at = received_at, received_at = '2020-01-01 12:00:00+00:00'",
        "UPDATE activities_scan SET nonce = 'another'",
        "UPDATE activities_scan SET actor = ''",
        "UPDATE activities_scan SET guests = 1",
        "UPDATE activities_scan SET member_id = NULL",
        "UPDATE activities_scan SET reason = 'Another word.'",
        "UPDATE activities_scan SET registration_id = NULL",
        "DELETE FROM activities_scan",
    ],
)
def test_a_scan_is_neither_changed_nor_removed(scan, statement):
    before = Scan.objects.values().get()

    with pytest.raises(DatabaseError, match="history_never_changes"):
        run(statement)

    assert Scan.objects.values().get() == before


@pytest.mark.postgresql
def test_scans_are_not_emptied():
    with pytest.raises(DatabaseError, match="history_never_changes"):
        run("TRUNCATE activities_scan")


def test_an_erased_person_and_two_who_are_one_are_written_over_it(scan):
    bo = factories.MemberFactory(ref="bo")
    Scan.objects.filter(pk=scan.pk).update(reason="erased")
    assert Scan.objects.get().reason == "erased"
    before = Scan.objects.get().registration.member_id

    following.join(bo.pk, before, now=timezone.now())

    assert Scan.objects.get().registration.member_id == bo.pk


def test_these_guards_are_missed_and_come_back_with_the_next_migration(scan):
    table = " ON activities_scan" if connection.vendor == "postgresql" else ""
    run(f"DROP TRIGGER scan_never_changes{table}")
    assert guards.missing() == ["scan_never_changes"]

    call_command("migrate", verbosity=0)

    assert guards.missing() == []


def test_they_make_way_on_sqlite_only(scan):
    guards.make_way()

    is_sqlite = connection.vendor == "sqlite"
    assert ("scan_never_changes" in guards.missing()) is is_sqlite
    guards.install()
    assert guards.missing() == []
