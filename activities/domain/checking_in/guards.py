"""What the database refuses about scans, whoever asks: what was scanned is neither changed nor removed.

Two things may be written over a scan: the reason of an erased person, and the number of who turned out to be another.
"""

from __future__ import annotations

from incentives.domain.ledger.guards import Guards

TABLE = "activities_scan"
ERASED = "erased"
_KEPT = (
    "id", "activity_id", "registration_id", "nonce", "by", "result", "why", "guests", "scanned_at", "received_at",
    "device", "actor",
)  # fmt: skip


def _changed(differs: str) -> str:
    kept = [f'OLD."{name}" {differs} NEW."{name}"' for name in _KEPT]
    # Who it was stays known, and nobody is named where there was nobody.
    member = "(OLD.member_id IS NULL) <> (NEW.member_id IS NULL)"
    return " OR ".join([*kept, member, f"(OLD.reason <> NEW.reason AND NEW.reason <> '{ERASED}')"])


def _sqlite(name: str, operation: str, condition: str = "") -> list[str]:
    when = f"WHEN {condition}" if condition else ""
    said = f"SELECT RAISE(ABORT, 'history_never_changes: {operation} on {TABLE} is refused')"
    return [
        f"DROP TRIGGER IF EXISTS {name}",
        f"CREATE TRIGGER {name} BEFORE {operation} ON {TABLE} {when} BEGIN {said}; END",
    ]


def _postgresql(name: str, how: str) -> list[str]:
    # The function is the ledger's.
    return [
        f"DROP TRIGGER IF EXISTS {name} ON {TABLE}",
        f"CREATE TRIGGER {name} {how} EXECUTE FUNCTION laurels_append_only()",
    ]


_CHANGES, _VANISHES = NAMES = ("scan_never_changes", "scan_never_vanishes")
SCANS = Guards(
    TABLE,
    {"sqlite": NAMES, "postgresql": NAMES},
    {
        "sqlite": [*_sqlite(_CHANGES, "UPDATE", _changed("IS NOT")), *_sqlite(_VANISHES, "DELETE")],
        "postgresql": [
            *_postgresql(
                _CHANGES, f"BEFORE UPDATE ON {TABLE} FOR EACH ROW WHEN ({_changed('IS DISTINCT FROM')})"
            ),
            *_postgresql(_VANISHES, f"BEFORE DELETE OR TRUNCATE ON {TABLE} FOR EACH STATEMENT"),
        ],
    },
)  # fmt: skip
