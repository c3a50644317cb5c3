"""Unsafe calls done once: the same Idempotency-Key gets the first answer again, refusals included."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec
from django.db import IntegrityError, transaction

from incentives.domain.ledger import LedgerError
from incentives.models import Request


class KeyReused(Exception):
    """The same Idempotency-Key was used before with other content."""


class Refused(Exception):
    """A definite refusal; a retry gets it again and can never succeed later."""

    def __init__(self, kind: str, sentence: str) -> None:
        super().__init__(sentence)
        self.kind, self.sentence = kind, sentence


def perform(
    *, api_key: str, idempotency_key: str, content: object, do: Callable[[str], dict[str, Any]]
) -> tuple[dict[str, Any], bool]:
    """Do something once for this key and return (outcome, whether it was done now).

    `do` gets the request's permanent id, from which the ledger's keys are made, and runs in this transaction.
    Raises KeyReused and Refused.
    """
    digest = hashlib.sha256(msgspec.json.encode(content, order="sorted", enc_hook=str)).digest()
    with transaction.atomic():
        request, is_new = _opened(api_key, idempotency_key, digest)
        if not is_new:
            return _answer_again(request, digest), False
        try:
            with transaction.atomic():
                outcome = do(f"{api_key}/{idempotency_key}")
        except LedgerError as error:
            request.refusal = {"kind": _kind_of(error), "sentence": str(error)}
        except Refused as error:
            request.refusal = {"kind": error.kind, "sentence": error.sentence}
        else:
            request.outcome = outcome
        request.save(update_fields=["outcome", "refusal"])
    if request.refusal is not None:
        raise Refused(request.refusal["kind"], request.refusal["sentence"])
    return outcome, True


def _opened(api_key: str, idempotency_key: str, digest: bytes) -> tuple[Request, bool]:
    """Make the request's row, waiting for anybody who is making the same one right now."""
    try:
        with transaction.atomic():
            return Request.objects.create(api_key=api_key, idempotency_key=idempotency_key, digest=digest), True
    except IntegrityError:
        return Request.objects.get(api_key=api_key, idempotency_key=idempotency_key), False


def _answer_again(request: Request, digest: bytes) -> dict[str, Any]:
    if bytes(request.digest) != digest:
        raise KeyReused("This Idempotency-Key was used before with other content; use a new one.")
    if request.refusal is not None:
        raise Refused(request.refusal["kind"], request.refusal["sentence"])
    assert request.outcome is not None, "a committed request has an answer"
    answer: dict[str, Any] = request.outcome
    return answer


def _kind_of(error: LedgerError) -> str:
    name = type(error).__name__
    return "".join(f"_{sign.lower()}" if sign.isupper() else sign for sign in name).lstrip("_")
