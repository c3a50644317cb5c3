"""The rule document: a promise in words a machine can check. See docs/rules.md."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, TypeVar

import msgspec

from incentives.bounds import AMOUNT_MAX
from incentives.domain.rules.expiry import BadExpiry, check_effect_expiry
from members.domain import bare_words
from members.domain.language import seconds_of
from members.domain.language.errors import Span

LANG = 1
PRIORITY_DEFAULT = 100
CLAUSES_MAX = 40
EFFECTS_MAX = 10
LIMITS_MAX = 10
GROUP_DEPTH_MAX = 10
MEMBER, INVITER, IN_THE_DATA = "member", "inviter", "event.data."
PENDING_SECONDS_MAX = 366 * 86_400
GRANT_SECONDS_MAX, GRANT_USES_MAX, GRANT_DAYS_MAX = 10 * 366 * 86_400, 1_000, 10 * 366
# The code of an activity.
LIKE = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")
LATER = ("group", "await", "chance", "hold_out", "reverse_on", "audience", "phase")

Texts = dict[str, str]
Read = TypeVar("Read")


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something to say about a document: where (JSON pointer, and span inside an expression), what, what to do."""

    pointer: str
    code: str
    text: str
    fix: str = ""
    severity: Literal["error", "warning"] = "error"
    span: Span | None = None

    def __str__(self) -> str:
        return f"{self.text} {self.fix}".strip()


class BadDocument(Exception):
    """A document that cannot be used."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(" ".join(f"{finding.pointer or '/'}: {finding}" for finding in findings))
        self.findings = findings


class Strict(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True, omit_defaults=True):
    pass


class Clause(Strict, kw_only=True, frozen=True):
    """One condition with the words for a member who does not meet it; or a group of which all, or any, must hold."""

    expr: str | None = None
    why_not: Texts | str | None = None
    all: tuple[Clause, ...] | None = None
    any: tuple[Clause, ...] | None = None

    @property
    def is_group(self) -> bool:
        return self.expr is None


class Expiry(Strict, kw_only=True, frozen=True):
    """When points expire; the same forms as a currency's own policy."""

    kind: Literal["never", "after", "on", "idle"]
    days: int | None = None
    months: int | None = None
    years: int | None = None
    end_of: Literal["month", "quarter", "year"] | None = None
    month: int | None = None
    day: int | None = None


class Pending(Strict, kw_only=True, frozen=True):
    """When an award is sure: after a time (`for`), or once an event has followed (`until`, `match`, `within`)."""

    for_: str | None = msgspec.field(default=None, name="for")
    until: str | None = None
    match: str | None = None
    within: str | None = None


class Award(Strict, tag_field="do", tag="award", kw_only=True, frozen=True):
    """Pay points: `amount` is an expression in major units, or `same` as the effect before.

    `to` is member (whose event it is), inviter (who brought that member), or a text field of the event's data that
    holds a member's ref.
    """

    currency: str
    amount: str | int
    to: str = MEMBER
    expires: Expiry | None = None
    pending: Pending | None = None


class Deduct(Strict, tag_field="do", tag="deduct", kw_only=True, frozen=True):
    """Take points; when there are too few: take what is there (cut), nothing (skip)."""

    currency: str
    amount: str | int
    when_short: Literal["cut", "skip"] = "cut"


class GrantBadge(Strict, tag_field="do", tag="badge", kw_only=True, frozen=True):
    badge: str
    to: str = MEMBER


class GrantPrivilege(Strict, tag_field="do", tag="grant", kw_only=True, frozen=True):
    """Give a privilege, with so many `uses` of its own.

    It holds `for` a length of time, so many whole `days` of the member's own calendar with that of the event, or
    exactly as long as what it is `like` (an activity's code, or a text field of the event that holds it); else as long
    as the privilege's grants do.
    """

    privilege: str
    for_: str | None = msgspec.field(default=None, name="for")
    days: int | None = None
    like: str | None = None
    uses: int | None = None
    to: str = MEMBER


Effect = Award | Deduct | GrantBadge | GrantPrivilege
# What is given as a thing, not as an amount.
GRANTS = (GrantBadge, GrantPrivilege)


class Limit(Strict, kw_only=True, frozen=True):
    """At most so many times, or so much of a currency, in a calendar period.

    `per` member is whoever is paid, actor whose event it is; rule and programme count all members together.
    """

    code: str = ""
    per: Literal["member", "actor", "rule", "programme"] = "member"
    every: Literal["day", "week", "month", "ever"]
    times: int | None = None
    amount: Decimal | None = None
    currency: str | None = None
    counts: Literal["gross", "net"] = "gross"
    over: Literal["cut", "skip"] = "skip"
    alarm: str | None = None


class Schedule(Strict, kw_only=True, frozen=True):
    from_: datetime | None = msgspec.field(default=None, name="from")
    until: datetime | None = None


class Example(Strict, kw_only=True, frozen=True):
    """A test that the document carries with it."""

    given: dict[str, Any]
    expect: dict[str, Any]
    note: str = ""


class Document(Strict, kw_only=True, frozen=True):
    code: str
    when: str
    then: tuple[Effect, ...]
    name: Texts | str = ""
    lang: int = LANG
    if_: Clause | str | None = msgspec.field(default=None, name="if")
    limits: tuple[Limit | str, ...] = ()
    priority: int = PRIORITY_DEFAULT
    schedule: Schedule | None = None
    visibility: Literal["public", "hidden"] = "public"
    tests: tuple[Example, ...] = ()


BUDGETS = ("rule", "programme")
ALARM = re.compile(r"([1-9][0-9]?|100)%")


def alarm_of(limit: Limit) -> int | None:
    """The share of a budget, in per cent, at which it rings; None where nothing does."""
    found = ALARM.fullmatch(limit.alarm or "")
    return int(found[1]) if found is not None and limit.per in BUDGETS else None


CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


def read_document(raw: object) -> Document:
    """Turn a decoded document (from JSON or YAML) into its typed form.

    Raises BadDocument: unknown words get a "did you mean", words of a later version a plain refusal; nothing is
    ever ignored.
    """
    if not isinstance(raw, dict):
        raise BadDocument([Finding(pointer="", code="invalid", text="A rule is an object with code, when and then.")])
    later = [
        Finding(
            pointer=f"/{word}",
            code="not_supported",
            text=f"{word} is not supported yet.",
            fix="Leave it out; it would otherwise silently do nothing.",
        )
        for word in LATER
        if word in raw
    ]
    if later:
        raise BadDocument(later)
    document = converted(raw, Document)
    findings = list(_shape(document))
    if findings:
        raise BadDocument(findings)
    return document


def converted(raw: object, kind: type[Read], words: Mapping[str, Sequence[str]] | None = None) -> Read:
    """Turn decoded JSON or YAML into its typed form. Raises BadDocument.

    `words` lists what may be said at the top ("Document") and below (""), for a "did you mean".
    """
    bare = bare_words.key_in(raw)
    if bare is not None:
        text, fix = bare_words.said_of_key(bare[1])
        raise BadDocument([Finding(pointer=bare[0], code="invalid", text=text, fix=fix)])
    plain = _plain(raw)
    try:
        return msgspec.convert(plain, kind, strict=True)
    except msgspec.ValidationError as error:
        raise BadDocument([_finding(error, plain, words or _WORDS)]) from error


def read_limit(raw: object, code: str) -> Limit:
    """Read a shared limit's document. Raises BadDocument."""
    limit = converted(raw, Limit)
    findings = list(_limit_shape(limit, ""))
    if findings:
        raise BadDocument(findings)
    return msgspec.structs.replace(limit, code=code)


def as_plain(document: Document) -> dict[str, Any]:
    """The document as JSON values again."""
    plain: dict[str, Any] = msgspec.to_builtins(document)
    return plain


def clauses_of(document: Document) -> Clause:
    """The condition as a group, whatever form it was written in."""
    if document.if_ is None:
        return Clause(all=())
    if isinstance(document.if_, str):
        return Clause(all=(Clause(expr=document.if_),))
    return document.if_ if document.if_.is_group else Clause(all=(document.if_,))


def _plain(value: Any) -> Any:
    """Floats and days, which YAML makes of 1.5 and 2026-01-01, become the text of what was written."""
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value


_WORDS: Mapping[str, Sequence[str]] = {
    "Document": ("code", "name", "lang", "when", "if", "then", "limits", "priority", "schedule", "visibility", "tests"),
    "": ("expr", "why_not", "all", "any", "do", "currency", "amount", "expires", "when_short", "badge", "code", "per",
         "every", "times", "counts", "over", "alarm", "from", "until", "given", "expect", "note", "kind", "days",
         "months", "years", "end_of", "month", "day", "to", "pending", "for", "match", "within", "privilege", "uses"),
}  # fmt: skip


def _finding(error: msgspec.ValidationError, raw: object, known: Mapping[str, Sequence[str]]) -> Finding:
    words = str(error)
    sentence, _, path = words.partition(" - at `$")
    pointer = path.rstrip("`").replace("[...]", "").replace(".", "/").replace("[", "/").replace("]", "")
    bare = bare_words.in_error(words, raw)
    if bare is not None:
        return Finding(pointer=pointer, code="invalid", text=bare[0], fix=bare[1])
    unknown = re.search(r"unknown field `(.*)`", sentence)
    if unknown:
        name = unknown.group(1)
        near = difflib.get_close_matches(name, known["" if pointer else "Document"], 1)
        fix = f"Did you mean {near[0]}?" if near else "Remove it."
        step = name[:80].replace("~", "~0").replace("/", "~1")
        text = f"There is no {name[:80]} here."
        return Finding(pointer=f"{pointer}/{step}", code="unknown_word", text=text, fix=fix)
    missing = re.search(r"missing required field `(.*)`", sentence)
    if missing:
        return Finding(pointer=pointer, code="missing", text=f"{missing.group(1)} is missing.", fix="Add it.")
    invalid = re.search(r"Invalid value '(.*)'", sentence)
    if invalid and pointer.startswith("/then"):
        text = f"There is no effect {invalid.group(1)!r}."
        return Finding(
            pointer=pointer, code="unknown_effect", text=text, fix="Effects are award, deduct, badge and grant."
        )
    return Finding(pointer=pointer, code="invalid", text=f"{sentence.replace('`', '')}.")


def _shape(document: Document) -> Any:
    if not CODE.fullmatch(document.code):
        text = "A code has lower-case letters, digits and hyphens, at most 64."
        yield Finding(pointer="/code", code="invalid", text=text)
    if document.lang != LANG:
        yield Finding(pointer="/lang", code="invalid", text=f"We speak lang {LANG}.", fix=f"Write lang: {LANG}.")
    if not 1 <= len(document.then) <= EFFECTS_MAX:
        yield Finding(pointer="/then", code="invalid", text=f"A rule has 1 to {EFFECTS_MAX} effects.")
    if len(document.limits) > LIMITS_MAX:
        yield Finding(pointer="/limits", code="invalid", text=f"A rule has at most {LIMITS_MAX} limits.")
    if not -1_000_000 <= document.priority <= 1_000_000:
        yield Finding(pointer="/priority", code="invalid", text="A priority lies within a million of 0.")
    yield from _expiries_shape(document)
    yield from _pending_shape(document)
    yield from _grants_shape(document)
    for i, limit in enumerate(document.limits):
        if isinstance(limit, Limit):
            yield from _limit_shape(limit, f"/limits/{i}")
    codes = [limit if isinstance(limit, str) else limit.code for limit in document.limits]
    if len({code for code in codes if code}) < len([code for code in codes if code]):
        yield Finding(pointer="/limits", code="invalid", text="Two limits have the same code.", fix="Name them apart.")
    if document.schedule is not None:
        yield from _schedule_shape(document.schedule)
    yield from _group_shape(clauses_of(document), "/if", 0)


def _expiries_shape(document: Document) -> Any:
    for i, effect in enumerate(document.then):
        if isinstance(effect, Award) and effect.expires is not None:
            try:
                check_effect_expiry(msgspec.to_builtins(effect.expires))
            except BadExpiry as error:
                yield Finding(pointer=f"/then/{i}/expires", code="invalid", text=str(error))


def _pending_shape(document: Document) -> Any:
    for i, effect in enumerate(document.then):
        if not isinstance(effect, Award) or effect.pending is None:
            continue
        pending, here = effect.pending, f"/then/{i}/pending"
        if (pending.for_ is None) == (pending.until is None):
            fix = "Write for: 7d, or until: a.type with within: 30d."
            yield Finding(
                pointer=here, code="invalid", text="An award waits either for a time or until an event.", fix=fix
            )
            continue
        if pending.for_ is not None and (pending.match or pending.within):
            yield Finding(pointer=here, code="invalid", text="match and within belong to until.")
        word, length = ("for", pending.for_) if pending.for_ is not None else ("within", pending.within)
        seconds = seconds_of(length or "")
        if seconds is None or not 0 < seconds <= PENDING_SECONDS_MAX:
            text = f"{word} is a length of time of at most 366 days."
            yield Finding(pointer=f"{here}/{word}", code="invalid", text=text, fix='Write it as "7d" or "36h".')


def _grants_shape(document: Document) -> Any:
    for i, effect in enumerate(document.then):
        if not isinstance(effect, GrantPrivilege):
            continue
        seconds = seconds_of(effect.for_) if effect.for_ is not None else 1
        if seconds is None or not 0 < seconds <= GRANT_SECONDS_MAX:
            text, fix = "for is a length of time of at most 3,660 days.", 'Write it as "7d" or "36h".'
            yield Finding(pointer=f"/then/{i}/for", code="invalid", text=text, fix=fix)
        if sum(each is not None for each in (effect.for_, effect.days, effect.like)) > 1:
            text = "A grant holds for a time, for days, or like an activity."
            yield Finding(pointer=f"/then/{i}", code="invalid", text=text, fix="Write one of for, days and like.")
        if effect.days is not None and not 1 <= effect.days <= GRANT_DAYS_MAX:
            text = f"days is a whole number from 1 to {GRANT_DAYS_MAX:,}."
            yield Finding(pointer=f"/then/{i}/days", code="invalid", text=text)
        if effect.like is not None and not effect.like.startswith(IN_THE_DATA) and not LIKE.fullmatch(effect.like):
            text, fix = "like is the code of an activity, or a text field of the event.", "Such as event.data.activity."
            yield Finding(pointer=f"/then/{i}/like", code="invalid", text=text, fix=fix)
        if effect.uses is not None and not 1 <= effect.uses <= GRANT_USES_MAX:
            text = f"uses is a whole number from 1 to {GRANT_USES_MAX:,}."
            yield Finding(pointer=f"/then/{i}/uses", code="invalid", text=text)


def _schedule_shape(schedule: Schedule) -> Any:
    bare = [
        word
        for word, moment in (("from", schedule.from_), ("until", schedule.until))
        if moment is not None and moment.tzinfo is None
    ]
    for word in bare:
        text = "A moment needs a zone."
        yield Finding(pointer=f"/schedule/{word}", code="invalid", text=text, fix="End it with Z or +08:00.")
    if schedule.from_ and schedule.until and not bare and schedule.until <= schedule.from_:
        yield Finding(pointer="/schedule/until", code="invalid", text="until must come after from.")


def _group_shape(group: Clause, pointer: str, depth: int) -> Any:
    if (group.all is None) == (group.any is None):
        text = "A condition has one of expr, all or any."
        yield Finding(pointer=pointer, code="invalid", text=text)
        return
    word, clauses = ("all", group.all or ()) if group.all is not None else ("any", group.any or ())
    if word == "any" and not clauses:
        yield Finding(pointer=f"{pointer}/any", code="invalid", text="any of nothing never holds.")
    if len(clauses) > CLAUSES_MAX or depth > GROUP_DEPTH_MAX:
        text = f"A group has at most {CLAUSES_MAX} clauses, and groups are nested at most {GROUP_DEPTH_MAX} deep."
        yield Finding(pointer=pointer, code="too_big", text=text)
        return
    for i, clause in enumerate(clauses):
        here = f"{pointer}/{word}/{i}"
        if clause.is_group:
            yield from _group_shape(clause, here, depth + 1)
        elif clause.all is not None or clause.any is not None:
            yield Finding(pointer=here, code="invalid", text="A condition has one of expr, all or any.")


def _limit_shape(limit: Limit, pointer: str) -> Any:
    if (limit.times is None) == (limit.amount is None):
        yield Finding(pointer=pointer, code="invalid", text="A limit says either times or amount.")
    if limit.amount is not None and limit.currency is None:
        yield Finding(pointer=pointer, code="invalid", text="A limit on an amount names its currency.")
    if limit.times is not None and (limit.counts == "net" or limit.over == "cut"):
        yield Finding(pointer=pointer, code="invalid", text="Only a limit on an amount can count net or cut.")
    for number in (limit.times, limit.amount):
        # NaN cannot be compared, and 1e999999999 would fill the memory as minor units.
        if number is not None and not (Decimal(number).is_finite() and 0 < number <= AMOUNT_MAX):
            yield Finding(pointer=pointer, code="invalid", text=f"A limit is above 0 and at most {AMOUNT_MAX:,}.")
