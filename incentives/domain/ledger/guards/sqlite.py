"""Row triggers that abort. `recursive_triggers` is on, so REPLACE cannot walk around them."""

REVERSE = 8


def _refuses(name: str, operation: str, table: str) -> tuple[str, str]:
    return name, (
        f"CREATE TRIGGER {name} BEFORE {operation} ON {table} BEGIN"
        f" SELECT RAISE(ABORT, 'history_never_changes: {operation} on {table} is refused'); END"
    )


_ENTRY_FOLLOWS = f"""
CREATE TRIGGER entry_follows AFTER INSERT ON incentives_entry BEGIN
  SELECT RAISE(ABORT, 'entries_form_a_chain: the entry does not follow its predecessor')
  WHERE (CASE WHEN NEW.sequence = 1 THEN 0 ELSE (SELECT p.balance_after FROM incentives_entry p
           WHERE p.account_id = NEW.account_id AND p.sequence = NEW.sequence - 1) END) + NEW.amount
        IS NOT NEW.balance_after
     OR NEW.posted_at < (SELECT p.posted_at FROM incentives_entry p
           WHERE p.account_id = NEW.account_id AND p.sequence = NEW.sequence - 1);
  SELECT RAISE(ABORT, 'one_member_one_currency: the entry joins what does not belong together')
  WHERE NOT EXISTS (SELECT 1 FROM incentives_account a JOIN incentives_journal j ON j.id = NEW.journal_id
      JOIN incentives_lot l ON l.id = NEW.lot_id
    WHERE a.id = NEW.account_id AND a.member_id = NEW.member_id AND j.member_id = NEW.member_id
      AND a.currency_id = j.currency_id AND l.account_id = NEW.account_id);
  SELECT RAISE(ABORT, 'only_a_reversal_makes_debt: the entry falls below zero')
  WHERE NEW.balance_after < 0 AND NEW.amount < 0
    AND (SELECT j.kind FROM incentives_journal j WHERE j.id = NEW.journal_id) <> {REVERSE};
END
"""
_ACCOUNT_BODY = """
  SELECT RAISE(ABORT, 'balance_is_the_newest_entry: the account differs')
  WHERE (NEW.sequence > 0 AND (SELECT e.balance_after FROM incentives_entry e
           WHERE e.account_id = NEW.id AND e.sequence = NEW.sequence) IS NOT NEW.balance)
     OR (NEW.sequence = 0 AND NEW.balance <> 0)
     OR EXISTS (SELECT 1 FROM incentives_entry x WHERE x.account_id = NEW.id AND x.sequence = NEW.sequence + 1);
  SELECT RAISE(ABORT, 'lots_sum_to_the_balance: the account differs')
  WHERE (SELECT coalesce(sum(l.remaining), 0) FROM incentives_lot l WHERE l.account_id = NEW.id) <> NEW.balance;
END
"""
_ONE_CURRENCY = """
CREATE TRIGGER movement_has_one_currency AFTER INSERT ON incentives_journal WHEN NEW.movement IS NOT NULL BEGIN
  SELECT RAISE(ABORT, 'one_currency_per_movement: the journal has another')
  WHERE EXISTS (SELECT 1 FROM incentives_journal j
    WHERE j.movement = NEW.movement AND j.currency_id <> NEW.currency_id);
END
"""
_TRIGGERS = dict(
    [
        _refuses("journal_never_changes", "UPDATE", "incentives_journal"),
        _refuses("journal_never_vanishes", "DELETE", "incentives_journal"),
        _refuses("entry_never_changes", "UPDATE", "incentives_entry"),
        _refuses("entry_never_vanishes", "DELETE", "incentives_entry"),
        _refuses("judgement_never_changes", "UPDATE", "incentives_judgement"),
        _refuses("judgement_never_vanishes", "DELETE", "incentives_judgement"),
        _refuses("account_never_vanishes", "DELETE", "incentives_account"),
        _refuses("lot_never_vanishes", "DELETE", "incentives_lot"),
        ("entry_follows", _ENTRY_FOLLOWS),
        ("account_is_true", "CREATE TRIGGER account_is_true AFTER UPDATE ON incentives_account BEGIN" + _ACCOUNT_BODY),
        (
            "account_opens_true",
            "CREATE TRIGGER account_opens_true AFTER INSERT ON incentives_account BEGIN" + _ACCOUNT_BODY,
        ),
        ("movement_has_one_currency", _ONE_CURRENCY),
    ]
)
NAMES = tuple(_TRIGGERS)
STATEMENTS = [
    statement for name, creation in _TRIGGERS.items() for statement in (f"DROP TRIGGER IF EXISTS {name}", creation)
]
