import logging
import socket
import threading

import pytest
from celery import Celery
from django.db import transaction

from incentives.domain.pump import hints


class Rude:
    """Listens and hangs up on whoever comes, as a broker does that is about to be restarted; counts them."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.callers = 0
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def _listen(self):
        while True:
            try:
                caller, _ = self.socket.accept()
            except OSError:
                return
            self.callers += 1
            caller.close()

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join(5)


@pytest.fixture
def broker():
    made = Rude()
    yield made
    made.close()


@pytest.fixture
def task(broker, settings):
    app = Celery("away", broker=f"redis://127.0.0.1:{broker.port}/0", set_as_current=False)
    app.conf.broker_transport_options = settings.REDIS_BROKER_OPTIONS

    @app.task(name="tests.nothing")
    def nothing():
        pass

    return nothing


def test_a_hint_to_a_broker_that_is_away_is_tried_once_and_is_a_warning_that_names_the_task(task, broker, caplog):
    with caplog.at_level(logging.WARNING, logger=hints.logger.name):
        hints.send(task)

    [record] = [record for record in caplog.records if record.name == hints.logger.name]
    assert record.getMessage().endswith("task=tests.nothing")
    assert broker.callers == 1, "a request waits for each further try"


@pytest.mark.django_db
def test_a_hint_waits_for_the_commit(task, broker, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        hints.send_on_commit(task)
        assert broker.callers == 0

    assert broker.callers == 1
