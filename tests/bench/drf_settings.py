"""Our settings with the comparison's own address table."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "tests.bench.drf"
