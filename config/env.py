"""Reads the environment; every variable has a default that works on a laptop."""

import secrets
from pathlib import Path
from typing import Any

import dj_database_url
import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / ".data")))

# A ledger asks SQLite for its strictest promises: a write is on the disk when it says so, writers take
# turns instead of failing, and REPLACE cannot walk around the guard triggers.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA recursive_triggers=ON; "
        "PRAGMA mmap_size=134217728; PRAGMA journal_size_limit=67108864; PRAGMA cache_size=-65536"
    ),
}


def secret_key() -> str:
    """Read SECRET_KEY, or keep one of our own in the data directory.

    Every process of one installation must share it: it signs sessions and the links to points pages.
    """
    given = env.str("SECRET_KEY", default="")
    if given:
        return str(given)
    path = DATA_DIR / "secret_key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(secrets.token_urlsafe(50))
        path.chmod(0o600)
    return path.read_text().strip()


def database() -> dict[str, Any]:
    """Read DATABASE_URL; without one, an SQLite file in the data directory.

    Connections to PostgreSQL are kept for `conn_max_age` seconds of the address, else DB_CONN_MAX_AGE, and looked
    after before they are used again. Raises ImproperlyConfigured for anything but SQLite and PostgreSQL, which are the
    two databases whose guards we ship.
    """
    url = env.str("DATABASE_URL", default="")
    if not url:
        DATA_DIR.mkdir(parents=True, exist_ok=True)
        url = f"sqlite:///{DATA_DIR / 'laurels.sqlite3'}"
    settings: dict[str, Any] = dict(dj_database_url.parse(url))
    if settings["ENGINE"].endswith("sqlite3"):
        settings["OPTIONS"] = {**settings.get("OPTIONS", {}), **SQLITE_OPTIONS}
    elif settings["ENGINE"].endswith("postgresql"):
        age = settings.get("OPTIONS", {}).pop("conn_max_age", None)
        if age is not None and not isinstance(age, int):
            raise ImproperlyConfigured(f"conn_max_age in DATABASE_URL is a number of seconds, not {age!r}.")
        settings["CONN_MAX_AGE"] = age if age is not None else env.int("DB_CONN_MAX_AGE", default=600)
        settings["CONN_HEALTH_CHECKS"] = True
    else:
        raise ImproperlyConfigured(
            f"DATABASE_URL names {settings['ENGINE']!r}; set it to a postgresql:// or sqlite:/// address."
        )
    return settings


def broker_url() -> str:
    """Read CELERY_BROKER_URL, else REDIS_URL, else a queue of files in the data directory."""
    return str(env.str("CELERY_BROKER_URL", default="") or env.str("REDIS_URL", default="") or "filesystem://localhost")
