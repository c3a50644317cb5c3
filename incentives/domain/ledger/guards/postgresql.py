"""Statement triggers with transition tables: they look at a whole batch at once and cost nothing measurable."""

REVERSE = 8

_APPEND_ONLY = """
CREATE OR REPLACE FUNCTION laurels_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'history_never_changes: % on % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""
_ENTRY_CHAIN = f"""
CREATE OR REPLACE FUNCTION laurels_entry_chain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE bad bigint;
BEGIN
  SELECT n.id INTO bad FROM fresh n
    LEFT JOIN incentives_entry p ON p.account_id = n.account_id AND p.sequence = n.sequence - 1
  WHERE (CASE WHEN n.sequence = 1 THEN 0 ELSE p.balance_after END) + n.amount IS DISTINCT FROM n.balance_after
     OR n.posted_at < p.posted_at LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'entries_form_a_chain: entry % does not follow its predecessor', bad
      USING ERRCODE = 'check_violation';
  END IF;
  SELECT n.id INTO bad FROM fresh n
    LEFT JOIN incentives_account a ON a.id = n.account_id
    LEFT JOIN incentives_journal j ON j.id = n.journal_id
    LEFT JOIN incentives_lot l ON l.id = n.lot_id
  WHERE a.member_id IS DISTINCT FROM n.member_id OR j.member_id IS DISTINCT FROM n.member_id
     OR a.currency_id IS DISTINCT FROM j.currency_id OR l.account_id IS DISTINCT FROM n.account_id LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'one_member_one_currency: entry % joins what does not belong together', bad
      USING ERRCODE = 'check_violation';
  END IF;
  SELECT n.id INTO bad FROM fresh n JOIN incentives_journal j ON j.id = n.journal_id
  WHERE n.balance_after < 0 AND n.amount < 0 AND j.kind <> {REVERSE} LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'only_a_reversal_makes_debt: entry % falls below zero', bad USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$
"""
_ACCOUNT_TRUE = """
CREATE OR REPLACE FUNCTION laurels_account_true() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE bad bigint;
BEGIN
  SELECT n.id INTO bad FROM fresh n
    LEFT JOIN incentives_entry e ON e.account_id = n.id AND e.sequence = n.sequence
  WHERE (n.sequence > 0 AND e.balance_after IS DISTINCT FROM n.balance) OR (n.sequence = 0 AND n.balance <> 0)
     OR EXISTS (SELECT 1 FROM incentives_entry x WHERE x.account_id = n.id AND x.sequence = n.sequence + 1) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'balance_is_the_newest_entry: account % differs', bad USING ERRCODE = 'check_violation';
  END IF;
  SELECT n.id INTO bad FROM fresh n
    CROSS JOIN LATERAL (SELECT coalesce(sum(l.remaining), 0) AS total FROM incentives_lot l
                        WHERE l.account_id = n.id AND l.remaining <> 0) s
  WHERE s.total <> n.balance LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'lots_sum_to_the_balance: account % differs', bad USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$
"""
_ONE_CURRENCY = """
CREATE OR REPLACE FUNCTION laurels_movement_currency() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE bad bigint;
BEGIN
  SELECT n.id INTO bad FROM fresh n JOIN incentives_journal j ON j.movement = n.movement
  WHERE n.movement IS NOT NULL AND j.currency_id <> n.currency_id LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'one_currency_per_movement: journal % has another', bad USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$
"""


def _trigger(name: str, when: str, table: str, function: str, referencing: str = "") -> list[str]:
    return [
        f"DROP TRIGGER IF EXISTS {name} ON {table}",
        f"CREATE TRIGGER {name} {when} ON {table} {referencing} FOR EACH STATEMENT EXECUTE FUNCTION {function}()",
    ]


_FRESH = "REFERENCING NEW TABLE AS fresh"
NAMES = (
    "journal_never_changes",
    "entry_never_changes",
    "judgement_never_changes",
    "account_never_vanishes",
    "lot_never_vanishes",
    "entry_follows",
    "account_is_true",
    "account_opens_true",
    "movement_has_one_currency",
)
STATEMENTS = [
    _APPEND_ONLY,
    _ENTRY_CHAIN,
    _ACCOUNT_TRUE,
    _ONE_CURRENCY,
    *_trigger(
        "journal_never_changes", "BEFORE UPDATE OR DELETE OR TRUNCATE", "incentives_journal", "laurels_append_only"
    ),
    *_trigger("entry_never_changes", "BEFORE UPDATE OR DELETE OR TRUNCATE", "incentives_entry", "laurels_append_only"),
    *_trigger(
        "judgement_never_changes", "BEFORE UPDATE OR DELETE OR TRUNCATE", "incentives_judgement", "laurels_append_only"
    ),
    *_trigger("account_never_vanishes", "BEFORE DELETE OR TRUNCATE", "incentives_account", "laurels_append_only"),
    *_trigger("lot_never_vanishes", "BEFORE DELETE OR TRUNCATE", "incentives_lot", "laurels_append_only"),
    *_trigger("entry_follows", "AFTER INSERT", "incentives_entry", "laurels_entry_chain", _FRESH),
    *_trigger("account_is_true", "AFTER UPDATE", "incentives_account", "laurels_account_true", _FRESH),
    *_trigger("account_opens_true", "AFTER INSERT", "incentives_account", "laurels_account_true", _FRESH),
    *_trigger("movement_has_one_currency", "AFTER INSERT", "incentives_journal", "laurels_movement_currency", _FRESH),
]
