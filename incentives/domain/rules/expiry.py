"""Expiry policies as documents: a currency's own, or one that an effect brings along."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

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


# How many days a unit has at least and at most.
_UNITS = {"days": (1, 1), "months": (28, 31), "years": (365, 366)}
_END_OF = {"month": 31, "quarter": 92, "year": 366}


def may_be_shorter(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> bool:
    """Whether points may expire earlier by the new policy than by the old one; what is not sure counts."""
    was, becomes = dict(old or {"kind": "never"}), dict(new or {"kind": "never"})
    if was == becomes or becomes["kind"] == "never":
        return False
    if was["kind"] != becomes["kind"] or becomes["kind"] == "on":
        return True
    (_, most), (least, _) = _days(was), _days(becomes)
    if was.get("end_of") in (None, becomes.get("end_of")) and _word(was) == _word(becomes):
        word = _word(was)
        return bool(becomes[word] < was[word])
    return least < most


def _word(policy: Mapping[str, Any]) -> str:
    return next(word for word in _UNITS if word in policy)


def _days(policy: Mapping[str, Any]) -> tuple[int, int]:
    """How many days points live at least and at most."""
    word = _word(policy)
    least, most = (policy[word] * each for each in _UNITS[word])
    return least, most + (_END_OF[policy["end_of"]] if policy.get("end_of") else 0)
