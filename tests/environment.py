"""Loaded before Django's settings: tests keep their files apart from those of a running service."""

import os
import tempfile
from pathlib import Path

os.environ["DATA_DIR"] = str(
    Path(tempfile.gettempdir()) / f"laurels-tests-{os.getuid()}" / os.environ.get("PYTEST_XDIST_WORKER", "main")
)
os.environ["SECRET_KEY"] = "for tests only"
os.environ["LOG_LEVEL"] = "ERROR"
os.environ["STATIC_FROM_SOURCE"] = "1"
