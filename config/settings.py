"""Django's settings; whatever an installation may change comes from the environment (see docs/operations.md)."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import django_stubs_ext
from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.core.exceptions import ImproperlyConfigured

from config import cache, filesystem_broker
from config.desk import THEME
from config.env import BASE_DIR, DATA_DIR, broker_url, database, env, secret_key

django_stubs_ext.monkeypatch()

SECRET_KEY = secret_key()
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000").rstrip("/")

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.simple_history",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "rest_framework_api_key",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_beat",
    "simple_history",
    "members",
    "incentives",
    "activities",
    # Last: its admin registers others' models anew, and its roles need everybody's permissions.
    "config.apps.SiteConfig",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.policies.PolicyMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "members.api.rate_limits.RateLimitHeaders",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "config" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {"default": database()}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Tests need a file: other threads and processes must see the same database.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}

CACHES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}
if env.str("REDIS_URL", default=""):
    CACHES["default"] = {
        "BACKEND": "config.cache.ForgivingRedisCache",
        "LOCATION": env.str("REDIS_URL"),
        "OPTIONS": cache.OPTIONS,
    }

# Time and language. The programme's zone decides days for members who have not set their own.

LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="en")
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", default="UTC")

# Static files.

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(DATA_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "config" / "static"]
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

STATIC_ROOT.mkdir(parents=True, exist_ok=True)
if env.bool("STATIC_FROM_SOURCE", default=False):
    # For tests and for work on the pages: files are served as they lie, without collectstatic.
    STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    WHITENOISE_USE_FINDERS = True

# Security.

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", default=False) else None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SITE_URL.startswith("https://")
SESSION_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/me/"
LOGOUT_REDIRECT_URL = "/login/"
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
        "base-uri": [SELF],
        "object-src": [NONE],
    },
}
# By the beginning of the path. The admin's theme has scripts and styles in its pages and compiles expressions in the
# browser; the API's documentation has styles in its page. Nothing else may.
CONTENT_SECURITY_POLICIES: dict[str, dict[str, list[str]]] = {
    "/admin/": {
        **CONTENT_SECURITY_POLICY["DIRECTIVES"],
        "script-src": [SELF, UNSAFE_INLINE, UNSAFE_EVAL],
        "style-src": [SELF, UNSAFE_INLINE],
    },
    "/api/docs/": {**CONTENT_SECURITY_POLICY["DIRECTIVES"], "style-src": [SELF, UNSAFE_INLINE]},
}

# Email: without EMAIL_URL nothing is sent. Such as smtp+tls://user:password@host:587.
EMAIL_URL = env.str("EMAIL_URL", default="")
EMAILS_ARE_SENT = bool(EMAIL_URL)
vars().update(env.email_url_config(EMAIL_URL or "dummymail://"))
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="laurels@localhost")

# The API.

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["members.api.authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["members.api.authentication.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["members.api.parsers.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_FILTER_BACKENDS": ["members.api.params.StrictFilterBackend"],
    "DEFAULT_VERSIONING_CLASS": "rest_framework.versioning.URLPathVersioning",
    "DEFAULT_VERSION": "v1",
    "ALLOWED_VERSIONS": ["v1"],
    "EXCEPTION_HANDLER": "members.api.problems.handle",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Laurels",
    "DESCRIPTION": "Events in, points out, and every reason on record.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": [],
    "ENUM_NAME_OVERRIDES": {
        "MemberStatusEnum": "members.enums.MemberStatus",
        "SegmentKindEnum": "members.enums.SegmentKind",
        "ContentStateEnum": "members.enums.ContentState",
        "NeedStateEnum": "members.enums.NeedState",
        "CandidateStateEnum": "members.enums.CandidateState",
        "SpaceStateEnum": "members.enums.SpaceState",
        "ProposalStateEnum": "activities.enums.ProposalState",
        "ScanByEnum": "activities.enums.ScanBy",
        "ScanResultEnum": "activities.enums.ScanResult",
        "PaperKindEnum": "activities.enums.PaperKind",
        "ActivityKindEnum": "activities.enums.ActivityKind",
        "ActivityStateEnum": "activities.enums.ActivityState",
        "OrderStateEnum": "activities.enums.OrderState",
        "RefundStateEnum": "activities.enums.RefundState",
        "GroupStateEnum": "activities.enums.GroupState",
        "RegistrationStateEnum": "activities.enums.RegistrationState",
        "MembershipStateEnum": "members.enums.MembershipState",
    },
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "config.openapi.finish"],
}
API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", default=6_000)

FINE_CURRENCY = env.str("FINE_CURRENCY", default="points")
INVITATIONS_PER_MONTH = env.int("INVITATIONS_PER_MONTH", default=20)
CLOSED_COMMUNITY = env.bool("CLOSED_COMMUNITY", default=False)
PAGE_LINK_SECONDS = env.int("PAGE_LINK_SECONDS", default=900)
# Weeks of a season that a streak may rest.
STREAK_RESTS_A_SEASON = env.int("STREAK_RESTS_A_SEASON", default=2)
# What ladders and segments can be measured by, and tiers can ask for: a kind, who finds the values, who knows the
# decimals, and who knows what members call it.
METRIC_PROVIDERS = {
    "balance": (
        "incentives.domain.metrics.balance",
        "incentives.domain.metrics.decimals",
        "incentives.domain.metrics.balance_words",
    ),
    "earned": (
        "incentives.domain.metrics.earned",
        "incentives.domain.metrics.decimals",
        "incentives.domain.metrics.earned_words",
    ),
    "counter": (
        "members.domain.ladders.measures.counter",
        "members.domain.ladders.measures.counter_scale",
        "members.domain.ladders.measures.counter_words",
    ),
    "content": (
        "members.domain.contents.metrics.measured",
        "members.domain.contents.metrics.scale",
        "members.domain.contents.metrics.words",
    ),
    "activity": (
        "activities.domain.metrics.measured",
        "activities.domain.metrics.scale",
        "activities.domain.metrics.words",
    ),
}
# What counts against members: nobody is ranked by it, but a tier may ask for at most so much.
LIMIT_PROVIDERS = {
    "conduct": (
        "members.domain.conduct.metrics.measured",
        "members.domain.conduct.metrics.scale",
        "members.domain.conduct.metrics.words",
    ),
}
# Who has words for placeholders of messages beyond an event's own data; see members/domain/notifications/words.py.
MESSAGE_WORDS = [
    "members.domain.notifications.naming.NAMING", "incentives.domain.naming.NAMING", "activities.domain.naming.NAMING",
]  # fmt: skip
# Who is asked before a code of a campaign is made; see members/domain/invitations/making.py.
INVITATION_DOORS = ["incentives.domain.campaigns.doors.door"]
# Apps that keep something about people; see incentives/domain/followers.py.
FOLLOWERS = ["activities.domain.following"]
# Apps that keep the activities of campaigns; see incentives/domain/campaigns/gatherings.py.
CAMPAIGN_ACTIVITIES = ["activities.domain.campaigns"]
# Whose things a grant may last as long as; see incentives/domain/privileges/windows.py.
DATED = ["activities.domain.dating.dated"]
# What partners bring where people meet; see incentives/domain/partners.py.
PARTNERS_GATHERED = "activities.domain.partnering.gathered_by"
# An activity for members has at most so many seats.
MEMBER_ACTIVITY_SEATS_MAX = env.int("MEMBER_ACTIVITY_SEATS_MAX", default=60)
# The dates of series are drafted so many days ahead.
SERIES_DRAFT_DAYS = env.int("SERIES_DRAFT_DAYS", default=60)
# Scans may arrive late: who did not come is said so many hours after the end.
MISSED_AFTER_HOURS = env.int("MISSED_AFTER_HOURS", default=12)
# The door opens so many minutes before an activity, and a scan counts until so many hours after its end.
CHECK_IN_EARLY_MINUTES = env.int("CHECK_IN_EARLY_MINUTES", default=60)
CHECK_IN_LATE_HOURS = env.int("CHECK_IN_LATE_HOURS", default=4)
# Where the browser reads no codes, stills of the camera are read: how many a minute from a phone, and how large.
STILLS_PER_MINUTE = env.int("STILLS_PER_MINUTE", default=150)
STILL_BYTES_MAX = 200 * 1024
STILL_PIXELS_MAX = 640 * 640
# How long a code shown in the room is good; whoever still types the one before is let in, too.
ROOM_CODE_SECONDS = env.int("ROOM_CODE_SECONDS", default=60)
# Whoever came may say how it was for so many days.
FEEDBACK_DAYS = env.int("FEEDBACK_DAYS", default=14)
# A font file for papers in PDF; empty: one that is installed, for what is not Latin.
PDF_FONT = env.str("PDF_FONT", default="")
# By whom tickets are paid, and how whoever pays by hand does it; see docs/orders.md.
PAYMENT_PROVIDER = env.str("PAYMENT_PROVIDER", default="offline")
# How long whoever chose so has to pay the difference when their group fails.
GROUP_DIFFERENCE_HOURS = env.int("GROUP_DIFFERENCE_HOURS", default=24)
# Where whoever has paid elsewhere comes back to.
PAYMENT_RETURN_URL = env.str("PAYMENT_RETURN_URL", default=f"{SITE_URL}/me/")
OFFLINE_ORDER_HOURS = env.int("OFFLINE_ORDER_HOURS", default=72)
STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", default="")
STRIPE_WEBHOOK_SECRET = env.str("STRIPE_WEBHOOK_SECRET", default="")
STRIPE_ORDER_MINUTES = env.int("STRIPE_ORDER_MINUTES", default=60)
STRIPE_API_URL = env.str("STRIPE_API_URL", default="https://api.stripe.com")
if PAYMENT_PROVIDER == "stripe" and not (STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET):
    raise ImproperlyConfigured("PAYMENT_PROVIDER=stripe wants STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET.")
OFFLINE_PAYMENT_WORDS = env.str("OFFLINE_PAYMENT_WORDS", default="")
NOTIFICATION_DAYS = env.int("NOTIFICATION_DAYS", default=180)
# How long before a public rule pays less, or points expire sooner, members are told; and how long after it was
# published a rule that has paid nothing yet may be mended at once.
# How long whoever is on a quest of a campaign that was stopped may go on.
CAMPAIGN_FINISH_DAYS = env.int("CAMPAIGN_FINISH_DAYS", default=14)
NOTICE_DAYS = env.int("NOTICE_DAYS", default=14)
NOTICE_GRACE_MINUTES = env.int("NOTICE_GRACE_MINUTES", default=60)
CASE_PROMISE_HOURS = env.int("CASE_PROMISE_HOURS", default=48)
# Above either of these a correction needs a second operator; and how many members one may have at most.
CORRECTION_POINTS_ALONE = env.int("CORRECTION_POINTS_ALONE", default=1_000)
CORRECTION_MEMBERS_ALONE = env.int("CORRECTION_MEMBERS_ALONE", default=100)
CORRECTION_MEMBERS_MAX = env.int("CORRECTION_MEMBERS_MAX", default=100_000)

# Celery.

filesystem_broker.install()
# A request sends a hint and goes on: kombu would try for six seconds, and wait for minutes where nothing answers.
REDIS_BROKER_OPTIONS: dict[str, Any] = {"max_retries": 0, "socket_connect_timeout": 0.5}
CELERY_BROKER_URL = broker_url()
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
# Without this a killed child loses its late-acknowledged task.
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
CELERY_DB_REUSE_MAX = 1_000
CELERY_BEAT_SCHEDULER = "config.beat:PatientScheduler"
if CELERY_BROKER_URL.startswith("filesystem://"):
    QUEUE_DIR = DATA_DIR / "queue"
    for folder in (QUEUE_DIR / "messages", QUEUE_DIR / "control"):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(QUEUE_DIR / "messages"),
        "data_folder_out": str(QUEUE_DIR / "messages"),
        "control_folder": str(QUEUE_DIR / "control"),
        "polling_interval": 0.1,
    }
elif CELERY_BROKER_URL.startswith(("redis://", "rediss://")):
    CELERY_BROKER_TRANSPORT_OPTIONS = REDIS_BROKER_OPTIONS
PUMP_TICK_SECONDS = env.float("PUMP_TICK_SECONDS", default=2.0)
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "wake-waiting-lanes": {
        "task": "incentives.wake_waiting_lanes",
        "schedule": timedelta(seconds=PUMP_TICK_SECONDS),
    },
    "expire-points": {"task": "incentives.expire_due", "schedule": timedelta(minutes=1)},
    "expire-idle-points": {"task": "incentives.expire_idle", "schedule": timedelta(hours=1)},
    "settle-pending": {"task": "incentives.settle_pending", "schedule": timedelta(minutes=1)},
    "advance-contents": {"task": "incentives.advance_contents", "schedule": timedelta(minutes=1)},
    "expire-needs": {"task": "incentives.expire_needs", "schedule": timedelta(minutes=5)},
    "advance-referrals": {"task": "incentives.advance_referrals", "schedule": timedelta(minutes=5)},
    "carry-out-notices": {"task": "incentives.carry_out_notices", "schedule": timedelta(minutes=5)},
    "advance-campaigns": {"task": "incentives.advance_campaigns", "schedule": timedelta(minutes=5)},
    "find-rings": {"task": "members.find_rings", "schedule": timedelta(hours=1)},
    "measure-growth": {"task": "members.measure_growth", "schedule": timedelta(hours=6)},
    "grant-birthday-gifts": {"task": "incentives.grant_birthday_gifts", "schedule": timedelta(minutes=15)},
    "end-grants": {"task": "incentives.end_grants", "schedule": timedelta(minutes=5)},
    "tell-overdue": {"task": "incentives.tell_overdue", "schedule": timedelta(minutes=5)},
    "evaluate-ladders": {"task": "incentives.evaluate_ladders", "schedule": timedelta(minutes=15)},
    "evaluate-segments": {"task": "incentives.evaluate_segments", "schedule": timedelta(hours=1)},
    "release-holds": {"task": "incentives.release_expired_holds", "schedule": timedelta(minutes=1)},
    "close-quests": {"task": "incentives.close_quests", "schedule": timedelta(minutes=1)},
    "advance-connections": {"task": "members.advance_connections", "schedule": timedelta(minutes=5)},
    "write-notifications": {"task": "members.write_notifications", "schedule": timedelta(seconds=5)},
    "carry-on-corrections": {"task": "incentives.carry_on_corrections", "schedule": timedelta(minutes=1)},
    "carry-on-imports": {"task": "incentives.carry_on_imports", "schedule": timedelta(minutes=1)},
    "forget-refusals": {"task": "incentives.forget_refusals", "schedule": timedelta(hours=24)},
    "tell-expiring": {"task": "incentives.tell_expiring", "schedule": timedelta(hours=1)},
    "close-quiet-cases": {"task": "incentives.close_quiet_cases", "schedule": timedelta(hours=1)},
    "send-emails": {"task": "members.send_emails", "schedule": timedelta(seconds=20)},
    "forget-notifications": {"task": "members.forget_notifications", "schedule": timedelta(hours=6)},
    "advance-newcomers": {"task": "members.advance_newcomers", "schedule": timedelta(minutes=2)},
    "admit-waiting": {"task": "members.admit_waiting", "schedule": timedelta(minutes=1)},
    "evaluate-intentions": {"task": "members.evaluate_intentions", "schedule": timedelta(hours=6)},
    "advance-appointments": {"task": "members.advance_appointments", "schedule": timedelta(minutes=1)},
    "advance-activities": {"task": "activities.advance_activities", "schedule": timedelta(minutes=1)},
    "draft-series": {"task": "activities.draft_series", "schedule": timedelta(hours=1)},
    "carry-out-refunds": {"task": "activities.carry_out_refunds", "schedule": timedelta(minutes=1)},
    "close-pages": {"task": "activities.close_pages", "schedule": timedelta(minutes=1)},
    "close-rounds": {"task": "members.close_rounds", "schedule": timedelta(minutes=1)},
    "forget-rejections": {"task": "members.forget_rejections", "schedule": timedelta(hours=1)},
}

# Bounds of the pipeline; see docs/pipeline.md for what each one protects.

BATCH_SIZE_MAX = env.int("BATCH_SIZE_MAX", default=1_000)
BATCH_SECONDS_MAX = env.float("BATCH_SECONDS_MAX", default=20.0)
EVENTS_PER_REQUEST_MAX = 1_000
REQUEST_BYTES_MAX = 5 * 1024 * 1024
EVENT_BYTES_MAX = 64 * 1024
FUTURE_SECONDS_MAX = env.int("FUTURE_SECONDS_MAX", default=300)
WORK_AGE_SECONDS_MAX = env.int("WORK_AGE_SECONDS_MAX", default=3_600)
WEB_THREADS = env.int("WEB_THREADS", default=8)
WAIT_SECONDS_MAX = 10
ATTEMPTS_MAX = env.int("ATTEMPTS_MAX", default=3)
REJECTION_DAYS = 30
QUALITY_COUNTER = env.str("QUALITY_COUNTER", default="")
EVALUATION_CHUNK = env.int("EVALUATION_CHUNK", default=10_000)
DATA_UPLOAD_MAX_MEMORY_SIZE = REQUEST_BYTES_MAX + 1024

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    # It tells of every table of every font.
    "loggers": {"fontTools": {"level": "ERROR"}},
}

UNFOLD = THEME
# A version of the past is shown, never put back blindly.
SIMPLE_HISTORY_REVERT_DISABLED = True
