"""Proves the twelve invariants over the whole book, set-based, and names the first wrong row of each."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from incentives.bounds import AMOUNT_MAX
from incentives.domain.ledger import guards
from incentives.enums import Contra, HoldState, JournalKind, PendingState


@dataclass(frozen=True, slots=True)
class Proof:
    """An invariant and the first row that breaks it, if any."""

    number: int
    sentence: str
    wrong: str | None

    @property
    def holds(self) -> bool:
        return self.wrong is None


_CHAIN = """
SELECT 'entry', id FROM (
  SELECT id, sequence, balance_after, amount, posted_at,
    lag(sequence, 1, 0) OVER w AS sequence_before, lag(balance_after, 1, 0) OVER w AS balance_before,
    lag(posted_at) OVER w AS posted_before
  FROM incentives_entry WINDOW w AS (PARTITION BY account_id ORDER BY sequence)
) AS chain
WHERE sequence <> sequence_before + 1 OR balance_after <> balance_before + amount OR posted_at < posted_before
"""
_NEWEST = """
SELECT 'account', a.id FROM incentives_account a
LEFT JOIN incentives_entry e ON e.account_id = a.id AND e.sequence = a.sequence
WHERE (a.sequence = 0 AND a.balance <> 0) OR (a.sequence > 0 AND (e.id IS NULL OR e.balance_after <> a.balance))
   OR EXISTS (SELECT 1 FROM incentives_entry x WHERE x.account_id = a.id AND x.sequence > a.sequence)
"""
_LOTS = """
SELECT 'account', a.id FROM incentives_account a
LEFT JOIN (SELECT account_id, sum(remaining) AS total FROM incentives_lot GROUP BY account_id) l ON l.account_id = a.id
WHERE a.balance <> coalesce(l.total, 0)
UNION ALL
SELECT 'lot', l.id FROM incentives_lot l
LEFT JOIN (SELECT lot_id, sum(amount) AS total FROM incentives_entry GROUP BY lot_id) e ON e.lot_id = l.id
WHERE l.remaining <> coalesce(e.total, 0) OR (l.remaining < 0) <> (l.is_debt AND l.remaining <> 0)
"""
_CURRENCY = """
SELECT 'entry', e.id FROM incentives_entry e
JOIN incentives_journal j ON j.id = e.journal_id JOIN incentives_account a ON a.id = e.account_id
WHERE a.currency_id <> j.currency_id OR a.member_id <> j.member_id OR e.member_id <> a.member_id
UNION ALL
SELECT 'movement', movement FROM incentives_journal WHERE movement IS NOT NULL
GROUP BY movement HAVING count(DISTINCT currency_id) > 1
"""
_REVERSALS = """
SELECT 'reversal', r.journal_id FROM incentives_reversal r
LEFT JOIN (SELECT j.reverses_id, abs(sum(e.amount)) AS total FROM incentives_journal j
           JOIN incentives_entry e ON e.journal_id = j.id WHERE j.reverses_id IS NOT NULL GROUP BY j.reverses_id) b
  ON b.reverses_id = r.journal_id
WHERE r.reversed_amount > r.amount OR r.reversed_amount <> coalesce(b.total, 0)
"""
_ZERO = f"""
SELECT 'currency', currency_id FROM (
  SELECT a.currency_id, sum(a.balance) - coalesce((SELECT sum(e.amount) FROM incentives_entry e
    JOIN incentives_account x ON x.id = e.account_id WHERE x.currency_id = a.currency_id), 0) AS difference
  FROM incentives_account a GROUP BY a.currency_id) AS sums WHERE difference <> 0
UNION ALL
SELECT 'movement', coalesce(j.movement, j.id) FROM incentives_entry e JOIN incentives_journal j ON j.id = e.journal_id
WHERE e.contra = {Contra.TRANSIT.value} GROUP BY coalesce(j.movement, j.id) HAVING sum(e.amount) <> 0
"""
_HOLDS = f"""
SELECT 'account', a.id FROM incentives_account a
LEFT JOIN (SELECT member_id, currency_id, sum(amount - captured - voided) AS total FROM incentives_hold
           WHERE state = '{HoldState.OPEN.value}' GROUP BY member_id, currency_id) h
  ON h.member_id = a.member_id AND h.currency_id = a.currency_id
WHERE a.bucket = 3 AND a.balance <> coalesce(h.total, 0)
UNION ALL
SELECT 'account', a.id FROM incentives_account a
LEFT JOIN (SELECT member_id, currency_id, sum(amount) AS total FROM incentives_pendingaward
           WHERE state = '{PendingState.WAITING.value}' GROUP BY member_id, currency_id) p
  ON p.member_id = a.member_id AND p.currency_id = a.currency_id
WHERE a.bucket = 2 AND a.balance <> coalesce(p.total, 0)
UNION ALL
SELECT 'holds of member', h.member_id FROM incentives_hold h WHERE h.state = '{HoldState.OPEN.value}' AND NOT EXISTS
  (SELECT 1 FROM incentives_account a
   WHERE a.member_id = h.member_id AND a.currency_id = h.currency_id AND a.bucket = 3)
"""
_DEBT = f"""
SELECT 'entry', e.id FROM incentives_entry e JOIN incentives_journal j ON j.id = e.journal_id
WHERE e.balance_after < 0 AND e.amount < 0 AND j.kind <> {JournalKind.REVERSE.value}
UNION ALL SELECT 'account', id FROM incentives_account WHERE balance < lower_bound
"""


def _orphans(table: str, column: str, other: str) -> str:
    return (
        f"SELECT '{table}.{column}', t.{column} FROM {table} t LEFT JOIN {other} o ON o.id = t.{column}"
        f" WHERE t.{column} IS NOT NULL AND o.id IS NULL"
    )


_REFERENCES = " UNION ALL ".join(
    _orphans(*names)
    for names in (
        ("incentives_account", "member_id", "members_member"),
        ("incentives_account", "currency_id", "incentives_currency"),
        ("incentives_lot", "account_id", "incentives_account"),
        ("incentives_journal", "member_id", "members_member"),
        ("incentives_journal", "event_id", "members_event"),
        ("incentives_journal", "reverses_id", "incentives_journal"),
        ("incentives_entry", "journal_id", "incentives_journal"),
        ("incentives_entry", "account_id", "incentives_account"),
        ("incentives_entry", "lot_id", "incentives_lot"),
        ("incentives_judgement", "event_id", "members_event"),
        ("incentives_pendingaward", "journal_id", "incentives_journal"),
        ("members_event", "member_id", "members_member"),
        ("members_work", "event_id", "members_event"),
    )
)

INVARIANTS: dict[int, tuple[str, str]] = {
    2: (
        "each effect is posted at most once",
        "SELECT 'member', member_id FROM incentives_journal GROUP BY member_id, key HAVING count(*) > 1",
    ),
    3: (
        "amounts are bounded and not zero",
        f"SELECT 'entry', id FROM incentives_entry WHERE amount = 0 OR abs(amount) > {AMOUNT_MAX}",
    ),
    4: ("an account's entries form a chain", _CHAIN),
    5: ("a balance is its newest entry", _NEWEST),
    6: ("only a reversal makes debt, down to the limit", _DEBT),
    7: ("lots sum to their account and to their entries", _LOTS),
    8: ("one member and one currency per movement", _CURRENCY),
    9: ("reversals never exceed their journal", _REVERSALS),
    10: ("every currency sums to zero, and so does transit", _ZERO),
    11: ("what is held and pending is what holds and waiting awards say", _HOLDS),
    12: ("every reference exists", _REFERENCES),
}


def verify() -> list[Proof]:
    """Check every invariant; the first one is that the guards are in place."""
    missing = guards.missing()
    proofs = [
        Proof(
            1, "history cannot change: every guard is in place", f"missing: {', '.join(missing)}" if missing else None
        )
    ]
    with connection.cursor() as cursor:
        for number, (sentence, query) in INVARIANTS.items():
            cursor.execute(f"SELECT * FROM ({query}) AS wrong LIMIT 1")
            row = cursor.fetchone()
            proofs.append(Proof(number, sentence, f"{row[0]} {row[1]}" if row else None))
    return proofs
