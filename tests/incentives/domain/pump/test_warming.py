import gc

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from incentives.domain.engine import rulebook
from incentives.domain.pump.warming import warm_up
from tests import factories
from tests.factories import award

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _thaw():
    yield
    gc.unfreeze()


def test_what_was_loaded_is_set_aside_and_the_rules_are_compiled_before_the_first_event():
    factories.world()
    factories.rule({"then": [award(2)]})

    warm_up()

    assert gc.get_freeze_count() > 10_000
    with CaptureQueriesContext(connection) as asked:
        book = rulebook.current()
        assert book.at(book.by_code["content.published"], timezone.now()).plans
    assert len(asked) == 1, "only whether there is a newer revision"


def test_a_worker_begins_cold_where_no_database_answers(monkeypatch, caplog):
    def away():
        raise OperationalError("gone")

    monkeypatch.setattr(rulebook, "current", away)

    with caplog.at_level("WARNING", logger=warm_up.__module__):
        warm_up()

    assert "compiled with the first batch" in caplog.text
    assert gc.get_freeze_count() > 10_000
