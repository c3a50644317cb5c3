"""Evaluates ladders and segments, telling only those events to the rules that some rule listens to."""

from __future__ import annotations

from datetime import datetime

from incentives.domain.engine import rulebook
from members.domain.ladders.evaluating import Evaluation, evaluate
from members.domain.outcomes import SEGMENT_ENTERED, SEGMENT_LEFT, TIER_CHANGED, TIER_WARNED
from members.domain.segments import evaluating as segments
from members.domain.segments.evaluating import Change


def evaluate_ladders(*, now: datetime) -> list[Evaluation]:
    """Evaluate every ladder that can be measured. Doing it again at once changes nothing."""
    book = rulebook.current()
    are_heard = any(book.by_code[code].is_listened_to for code in (TIER_CHANGED, TIER_WARNED))
    return [evaluate(plan=ladder.plan, now=now, are_heard=are_heard) for ladder in book.ladders]


def evaluate_segments(*, now: datetime) -> list[Change]:
    """Evaluate every segment that is due. Doing it again at once changes nothing."""
    book = rulebook.current()
    are_heard = any(book.by_code[code].is_listened_to for code in (SEGMENT_ENTERED, SEGMENT_LEFT))
    return segments.evaluate_segments(now=now, are_heard=are_heard)
