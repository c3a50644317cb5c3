"""Loaded before Django's settings: tests keep their files apart from those of a running service and other checkouts."""

import hashlib
import os
import tempfile
from pathlib import Path

_CHECKOUT = hashlib.sha256(str(Path(__file__).resolve().parent).encode()).hexdigest()[:8]
os.environ["DATA_DIR"] = str(
    Path(tempfile.gettempdir())
    / f"laurels-tests-{os.getuid()}-{_CHECKOUT}"
    / os.environ.get("PYTEST_XDIST_WORKER", "main")
)
os.environ["SECRET_KEY"] = "for tests only"
os.environ["LOG_LEVEL"] = "ERROR"
os.environ["STATIC_FROM_SOURCE"] = "1"
