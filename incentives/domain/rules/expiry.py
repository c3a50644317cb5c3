"""Expiry policies as documents: a currency's own, or one that an effect brings along."""

from __future__ import annotations

from datetime import date

from members.domain import bare_words

DAYS_MAX = 36_500
_WORDS = {"never": set[str](), "after": {"days", "months", "years", "end_of"}, "on": {"month", "day"}, "idle": {"days"}}
_MOST = {"days": DAYS_MAX, "months": 1_200, "years": 100}


class BadExpiry(Exception):
    """A policy that cannot be used; the message says what is wrong."""


def check_expiry(policy: object) -> None:
    """Raise BadExpiry unless a currency can live by the policy: never, after, on or idle; nothing means never."""
    if policy in (None, {}):
        return
    kind = policy.get("kind") if isinstance(policy, dict) else None
    if isinstance(kind, bool):
        raise BadExpiry(" ".join(bare_words.said_of("kind", kind)))
    if not isinstance(policy, dict) or not isinstance(kind, str) or kind not in _WORDS:
        raise BadExpiry('An expiry policy has a kind: never, after, on or idle, as in {"kind": "after", "months": 12}.')
    unknown = {str(word) for word in policy} - _WORDS[kind] - {"kind"}
    if unknown:
        raise BadExpiry(f"{kind} does not know {', '.join(sorted(unknown))}.")
    if kind in ("after", "idle"):
        _check_length(policy)
    if policy.get("end_of") not in (None, "month", "quarter", "year"):
        raise BadExpiry("end_of is month, quarter or year.")
    if kind == "on":
        try:
            date(2023, policy["month"], policy["day"])
        except (KeyError, TypeError, ValueError) as error:
            raise BadExpiry("on needs a month and a day that exist in every year.") from error


def check_effect_expiry(policy: dict[str, object]) -> None:
    """Raise BadExpiry unless an effect can bring the policy along. Idleness is a matter of the whole account."""
    if policy.get("kind") == "idle":
        raise BadExpiry("idle is a policy of a currency, not of one award; use never, after or on.")
    check_expiry(policy)


def _check_length(policy: dict[str, object]) -> None:
    kind = policy["kind"]
    given = [(word, policy[word]) for word in _MOST if word in policy]
    if len(given) != 1:
        wanted = "days" if kind == "idle" else "one of days, months or years"
        raise BadExpiry(f"{kind} needs {wanted}.")
    ((word, length),) = given
    least = 1 if kind == "idle" else 0
    if isinstance(length, bool) or not isinstance(length, int) or not least <= length <= _MOST[word]:
        raise BadExpiry(f"{word} is a whole number from {least} to {_MOST[word]}.")
