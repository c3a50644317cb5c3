"""Events from files: every line gets its verdict, and a row that does not fit its heading is no event."""

from __future__ import annotations

import json

import pytest
from django.utils import timezone

from incentives.domain.importing import Imported, import_events
from members.domain.event_types import put_event_type
from members.models import Event, EventPayload
from tests import factories

pytestmark = pytest.mark.django_db

MAPPING = """\
source: app
id: "order-{no}"
type: order.paid
subject: "{who}"
data: {note: "{note}"}
"""


@pytest.fixture
def imported(tmp_path):
    """Import the lines of a CSV file."""
    factories.SourceFactory()
    factories.MemberFactory(ref="ada")
    put_event_type(code="order.paid", schema={"note": {"type": "string", "optional": True}})
    (tmp_path / "mapping.yaml").write_text(MAPPING)

    def run(*lines: str) -> Imported:
        path = tmp_path / "orders.csv"
        path.write_text("\n".join(("no,who,note", *lines)))
        return import_events(path=path, mapping=tmp_path / "mapping.yaml", now=timezone.now())

    return run


def test_a_row_that_ends_early_is_refused_with_its_line_and_the_others_are_filed(imported):
    done = imported("1,ada,first", "2,ada", "", "3,ada,third")

    assert done == Imported(accepted=2, rejected=1, refused=[(3, "The row has 2 columns, but the first row names 3.")])
    assert [json.loads(payload.data) for payload in EventPayload.objects.order_by("event")] == [
        {"note": "first"}, {"note": "third"},
    ]  # fmt: skip


def test_a_row_that_goes_on_too_long_is_refused_with_its_line(imported):
    done = imported("1,ada,first,more")

    assert done == Imported(rejected=1, refused=[(2, "The row has 4 columns, but the first row names 3.")])
    assert not Event.objects.filter(type__code="order.paid").exists()


def test_refusals_stand_in_the_order_of_the_lines(imported):
    done = imported("1,nobody,first", "2,ada", "3,nobody,third")

    assert [line for line, _ in done.refused] == [2, 3, 4]
