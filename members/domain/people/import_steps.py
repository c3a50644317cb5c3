"""The steps that jobs of imports share: whose place it is, what was counted, which lines were refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F

from members.enums import ImportState
from members.models import EventImport, EventImportRefusal, MemberImport, MemberImportRefusal

AT_WORK = (ImportState.WAITING, ImportState.CHECKING, ImportState.WRITING)
REFUSALS_MAX, SENTENCE_LENGTH_MAX = 10_000, 500
FORGOTTEN_AFTER = timedelta(days=30)

Job = MemberImport | EventImport


def take(made: Job, state: ImportState, **places: int) -> bool:
    """Lock the import if it still is where we left it; False where somebody else goes on with it."""
    jobs: Any = type(made)._default_manager  # noqa: SLF001
    found = jobs.select_for_update(skip_locked=True).filter(pk=made.pk, **places).first()
    if found is None or found.state not in (state, ImportState.WAITING):
        return False
    if found.state != state:
        jobs.filter(pk=made.pk).update(state=state)
    made.state = state
    return True


def count(made: Job, **counts: int) -> None:
    """Add to what was counted, in the database and here."""
    jobs: Any = type(made)._default_manager  # noqa: SLF001
    jobs.filter(pk=made.pk).update(**{name: F(name) + number for name, number in counts.items()})
    for name, number in counts.items():
        setattr(made, name, getattr(made, name) + number)


def write_refusals(made: Job, lines: Mapping[int, str]) -> None:
    """Keep what is wrong with lines, the first of an import's; a line that is known keeps its sentence."""
    refusals: Any = made.refusals
    refusals.bulk_create(
        (
            refusals.model(of=made, line=line, sentence=said[:SENTENCE_LENGTH_MAX])
            for line, said in list(lines.items())[: max(0, REFUSALS_MAX - made.rejected)]
        ),
        ignore_conflicts=True,
    )


def forget_refusals(*, now: datetime) -> int:
    """Forget what was wrong with lines long ago, and return how many."""
    kinds: tuple[Any, ...] = (MemberImportRefusal, EventImportRefusal)
    return sum(kind.objects.filter(of__made_at__lte=now - FORGOTTEN_AFTER).delete()[0] for kind in kinds)
