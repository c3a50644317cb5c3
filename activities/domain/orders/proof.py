"""Proves orders against payments, refunds, ledger and seats, set-based, and names the first wrong row of each."""

from __future__ import annotations

from django.db import connection

from activities.enums import GroupState, OrderState, RegistrationState
from activities.models import LIVE_STATES, SEATED_STATES
from incentives.domain.ledger.verify import Proof
from incentives.enums import Contra, HoldState, JournalKind, UseState

_SEATED = ", ".join(f"'{state.value}'" for state in SEATED_STATES)
_LIVE = ", ".join(f"'{state.value}'" for state in LIVE_STATES)

_PAID = """
SELECT 'order', o.id FROM activities_order o
LEFT JOIN (SELECT order_id, sum(amount) AS total FROM activities_payment GROUP BY order_id) p ON p.order_id = o.id
WHERE o.paid <> coalesce(p.total, 0)
"""
_REFUNDED = """
SELECT 'order', o.id FROM activities_order o
LEFT JOIN (SELECT order_id, sum(amount) AS money, sum(points) AS points FROM activities_refund GROUP BY order_id) r
  ON r.order_id = o.id
WHERE o.refunded <> coalesce(r.money, 0) OR o.points_refunded <> coalesce(r.points, 0)
"""
_SETTLED = f"""
SELECT 'order', id FROM activities_order
WHERE (state = '{OrderState.PAID.value}' AND (paid < amount OR (points > 0 AND journal_id IS NULL)))
   OR (state = '{OrderState.PLACED.value}' AND paid >= amount)
UNION ALL
SELECT 'order', id FROM activities_order WHERE state IN ('{OrderState.EXPIRED.value}', '{OrderState.CANCELLED.value}')
  AND paid_at IS NULL AND refunded <> paid
"""
_CAPTURED = f"""
SELECT 'order', o.id FROM activities_order o
LEFT JOIN incentives_journal j ON j.id = o.journal_id AND j.kind = {JournalKind.CAPTURE.value}
LEFT JOIN (SELECT journal_id, -sum(amount) AS total FROM incentives_entry WHERE contra = {Contra.REDEEMED.value}
           GROUP BY journal_id) e ON e.journal_id = o.journal_id
WHERE o.journal_id IS NOT NULL AND (j.id IS NULL OR coalesce(e.total, 0) <> o.points)
"""
_REVERSED = """
SELECT 'order', o.id FROM activities_order o LEFT JOIN incentives_reversal r ON r.journal_id = o.journal_id
WHERE o.points_refunded <> coalesce(r.reversed_amount, 0)
"""
_HELD = f"""
SELECT 'order', o.id FROM activities_order o LEFT JOIN incentives_hold h ON h.id = o.hold_id
WHERE o.hold_id IS NOT NULL AND (h.id IS NULL
  OR (o.state IN ('{OrderState.PLACED.value}', '{OrderState.GATHERING.value}')
      AND h.state IN ('{HoldState.CAPTURED.value}', '{HoldState.VOIDED.value}'))
  OR (o.state IN ('{OrderState.EXPIRED.value}', '{OrderState.CANCELLED.value}') AND h.state = '{HoldState.OPEN.value}'))
"""
_STATES = f"""
SELECT 'order', o.id FROM activities_order o JOIN activities_registration r ON r.id = o.registration_id
WHERE r.activity_id <> o.activity_id OR r.member_id <> o.member_id
  OR (o.state IN ('{OrderState.PLACED.value}', '{OrderState.GATHERING.value}'))
     <> (r.state = '{RegistrationState.HELD.value}')
  OR (o.state = '{OrderState.PAID.value}') <> (r.state = '{RegistrationState.CONFIRMED.value}')
UNION ALL
SELECT 'registration', r.id FROM activities_registration r LEFT JOIN activities_order o ON o.registration_id = r.id
WHERE r.state = '{RegistrationState.HELD.value}' AND o.id IS NULL
"""
_GROUPS = f"""
SELECT 'group', g.id FROM activities_group g
LEFT JOIN (SELECT group_id,
    sum(CASE WHEN state = '{OrderState.GATHERING.value}' THEN seats ELSE 0 END) AS gathering,
    sum(CASE WHEN state IN ('{OrderState.PLACED.value}', '{OrderState.GATHERING.value}') THEN seats ELSE 0 END) AS held
  FROM activities_order WHERE group_id IS NOT NULL GROUP BY group_id) o ON o.group_id = g.id
WHERE (g.state <> '{GroupState.OPEN.value}' AND coalesce(o.gathering, 0) > 0)
   OR (g.state = '{GroupState.OPEN.value}' AND coalesce(o.held, 0) > g.size)
   OR (g.state = '{GroupState.OPEN.value}' AND coalesce(o.gathering, 0) = g.size)
"""
_CODES = f"""
SELECT 'code', c.id FROM activities_ticketcode c
LEFT JOIN (SELECT ticket_code_id, count(*) AS total FROM activities_registration
           WHERE ticket_code_id IS NOT NULL AND state IN ({_LIVE}) GROUP BY ticket_code_id) r ON r.ticket_code_id = c.id
WHERE c.uses <> coalesce(r.total, 0)
"""

_HELD_FOR = "'registration:' || replace(CAST(r.public_id AS varchar(36)), '-', '')"
_GIVEN_BACK = UseState.GIVEN_BACK.value
_PASSES = f"""
SELECT 'registration', r.id FROM activities_registration r
LEFT JOIN (SELECT held_for, count(*) AS total FROM incentives_privilegeuse
           WHERE held_for <> '' AND state <> '{_GIVEN_BACK}' GROUP BY held_for) u ON u.held_for = {_HELD_FOR}
WHERE r.pass_uses > 0 AND (r.pass_uses <> coalesce(u.total, 0)
  OR NOT ((r.state = '{RegistrationState.CONFIRMED.value}' AND r.pass_uses = 1 + r.guests)
          OR (r.state = '{RegistrationState.CANCELLED.value}' AND r.is_late AND r.pass_uses <= 1 + r.guests)))
UNION ALL
SELECT 'registration', r.id FROM activities_registration r JOIN activities_order o ON o.registration_id = r.id
WHERE r.pass_uses > 0
UNION ALL
SELECT 'registration', r.id FROM activities_registration r JOIN activities_ticket t ON t.id = r.ticket_id
WHERE t.pass_only AND r.state = '{RegistrationState.CONFIRMED.value}' AND r.pass_uses = 0 AND r.ticket_code_id IS NULL
"""
_PASS_USES = f"""
SELECT 'use', u.id FROM incentives_privilegeuse u
LEFT JOIN activities_registration r ON {_HELD_FOR} = u.held_for AND r.pass_uses > 0
WHERE u.held_for <> '' AND u.state <> '{_GIVEN_BACK}' AND (r.id IS NULL OR r.member_id <> u.member_id)
"""


def _seats(table: str, column: str) -> str:
    return (
        f"SELECT '{table.removeprefix('activities_')}', t.id FROM {table} t LEFT JOIN (SELECT {column},"
        f" sum(1 + guests) AS total FROM activities_registration WHERE state IN ({_SEATED}) GROUP BY {column}) r"
        f" ON r.{column} = t.id WHERE t.seats_taken <> coalesce(r.total, 0)"
    )


PROOFS: dict[int, tuple[str, str]] = {
    1: ("an order's paid is the sum of its payments", _PAID),
    2: ("what went back is the sum of its refunds, in money and in points", _REFUNDED),
    3: ("what is settled was paid, and what never was went back whole", _SETTLED),
    4: ("the ledger took the points that were due", _CAPTURED),
    5: ("the ledger gave back the points that were refunded", _REVERSED),
    6: ("points are held while an order waits, and no longer", _HELD),
    7: ("an order and its registration are of one mind", _STATES),
    8: ("groups are open while they gather, and never hold more than their places", _GROUPS),
    9: ("an activity's seats are its registrations'", _seats("activities_activity", "activity_id")),
    10: ("a ticket's seats are its registrations'", _seats("activities_ticket", "ticket_id")),
    11: ("a code's uses are the registrations that came by it", _CODES),
    12: ("whoever has a place by a pass has used it for each of its seats, and owes nothing else", _PASSES),
    13: ("no use of a pass is taken without the place that it opens", _PASS_USES),
}


def verify() -> list[Proof]:
    """Check every proof, one query each."""
    proofs = []
    with connection.cursor() as cursor:
        for number, (sentence, query) in PROOFS.items():
            cursor.execute(f"SELECT * FROM ({query}) AS wrong LIMIT 1")
            row = cursor.fetchone()
            proofs.append(Proof(number, sentence, f"{row[0]} {row[1]}" if row else None))
    return proofs
