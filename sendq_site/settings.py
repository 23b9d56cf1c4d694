"""Every setting of SendQ, read once from the environment and an optional `.env`.

Without `DATABASE_URL` this is a trial on one machine: SendQ runs its own PostgreSQL, makes a secret
key on the spot and answers on loopback only. With `DATABASE_URL` it is an installation, and no
secret has a default.
"""

import datetime as dt
import ipaddress
import secrets
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from campaigns.hours import zones
from sendq_site import redaction

T = TypeVar("T")
BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = BASE_DIR / ".data"
VERSION: str = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]["version"]

env = environ.Env()
if (BASE_DIR / ".env").is_file():
    env.read_env(BASE_DIR / ".env")

ON_TRIAL = not env.str("DATABASE_URL", default="")


def _trial_secret_key() -> str:
    """Return the key kept in `.data/`, made at the first start: sessions survive a restart."""
    path = DATA_DIR / "secret_key"
    if not path.is_file():
        DATA_DIR.mkdir(mode=0o700, exist_ok=True)
        draft = DATA_DIR / f"secret_key.{secrets.token_hex(8)}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(50))
        try:
            path.hardlink_to(draft)  # two first starts at once agree on one key
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()


def _required(name: str, what_for: str) -> str:
    value: str = env.str(name, default="")
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. {what_for} See .env.example.")
    return value


def _timezone(name: str) -> str:
    value: str = env.str(name, default="") or "UTC"
    if problem := zones.problem(value):
        raise ImproperlyConfigured(f"{name} is {value!r}, which cannot be used: {problem}")
    return value


def _read(name: str, read: Callable[[], T]) -> T:
    """Read a setting whose value is an address.

    :raises ImproperlyConfigured: naming the setting, where the address is none.
    """
    try:
        return read()
    except (ValueError, KeyError, ImproperlyConfigured):
        # Without the address, which may hold a password: not even as the cause.
        raise ImproperlyConfigured(
            f"{name} is no address that can be read. In a password, write @ : / # ? as %40 %3A %2F "
            "%23 %3F. See .env.example."
        ) from None


DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="")
if not SECRET_KEY:
    SECRET_KEY = (
        _trial_secret_key()
        if ON_TRIAL
        else _required("SECRET_KEY", "It signs sessions: set a long random text.")
    )
# A key that was is good for what it has signed, until it is taken out of the list.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
# Recognises people who were erased; a dump must not have it. Kept when SECRET_KEY is changed.
ERASURE_KEY: str = env.str("ERASURE_KEY", default="") or SECRET_KEY
LOOPBACK_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[]) or LOOPBACK_HOSTS
SERVED_TO_OTHERS = any(host not in LOOPBACK_HOSTS for host in ALLOWED_HOSTS)
# Where people reach this site: for the links in notices and mails.
SITE_URL = env.str("SITE_URL", default="").rstrip("/")
if not SITE_URL and ALLOWED_HOSTS[0].startswith((".", "*")):
    raise ImproperlyConfigured(
        f"SITE_URL is not set, and ALLOWED_HOSTS begins with {ALLOWED_HOSTS[0]!r}, which is no "
        "name that a link can lead to. Set SITE_URL=https://sendq.example.com. See .env.example."
    )
SITE_URL = SITE_URL or (
    f"https://{ALLOWED_HOSTS[0]}" if SERVED_TO_OTHERS else "http://127.0.0.1:8000"
)
CSRF_TRUSTED_ORIGINS = [
    f"https://*{host}" if host.startswith(".") else f"https://{host}"
    for host in ALLOWED_HOSTS
    if host != "*"
] + [SITE_URL]

# What others reach is reached by https alone. Each part is switched off by its own name only.
_SECURE = SERVED_TO_OTHERS
SECURE_SSL_REDIRECT = _SECURE and not env.bool("WITHOUT_HTTPS_REDIRECT", default=False)
SECURE_REDIRECT_EXEMPT = [r"^(healthz|livez|readyz|metrics)$"]  # asked by address, without a proxy
SECURE_HSTS_SECONDS = (
    365 * 24 * 3600 if _SECURE and not env.bool("WITHOUT_HSTS", default=False) else 0
)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = bool(SECURE_HSTS_SECONDS)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _SECURE and not env.bool(
    "WITHOUT_SECURE_COOKIES", default=False
)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SERVED_TO_OTHERS else None
# How many proxies of ours stand in front: so many entries of X-Forwarded-For are believed.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=1 if SERVED_TO_OTHERS else 0)
if TRUSTED_PROXIES < 0:
    raise ImproperlyConfigured("TRUSTED_PROXIES is below 0: it is the number of your own proxies.")

INSTALLED_APPS = [
    "sendq_site.admin_app.Admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "access",
    "campaigns",
    "queueing",
    "doors",
    "django_q",  # behind queueing, whose `qcluster` comes first
]
MIDDLEWARE = [
    "queueing.tracing.middleware.RequestId",
    "queueing.probes.Probes",  # before what looks at the host: probes come by address
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "campaigns.pages.clock.OwnDesk",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "access.middleware.ApiLimitMiddleware",
    "access.middleware.SessionsMiddleware",
    "access.middleware.StrangersMiddleware",
    "access.second_factor.SecondFactorMiddleware",
    "sendq_site.answers.AnswersMiddleware",
]
# The admin shows text that strangers wrote: nothing of it may ever run.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
ROOT_URLCONF = "sendq_site.urls"
WSGI_APPLICATION = "sendq_site.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "queueing.desk.context.site",
            ],
        },
    },
]
LOGIN_REDIRECT_URL = "admin:index"
SESSION_ENGINE = "access.sessions"
SESSION_COOKIE_AGE = 12 * 60 * 60  # seconds: a working day, then people log in anew
PASSWORD_RESET_TIMEOUT = 4 * 60 * 60
# Guessing passwords, codes and secrets: how many may fail within the window (access/limits.py).
SIGN_IN_WINDOW_SECONDS = 15 * 60
SIGN_IN_WINDOW = dt.timedelta(seconds=SIGN_IN_WINDOW_SECONDS)
SIGN_IN_FAILURES = 10  # for one name from one address, or in one browser that is known
SIGN_IN_FAILURES_OF_AN_ADDRESS = 20  # whatever the names
SIGN_IN_FAILURES_OF_A_NAME = 100  # from wherever
API_FAILURES_OF_AN_ADDRESS = 20
# Superusers and managers prove themselves twice, except on a trial.
SECOND_FACTOR_REQUIRED = not ON_TRIAL and not env.bool("WITHOUT_SECOND_FACTOR", default=False)
OTP_TOTP_ISSUER = "SendQ"
# Limits on guessing are ours: a device's own would keep its owner out while others guess.
OTP_TOTP_THROTTLE_FACTOR = OTP_STATIC_THROTTLE_FACTOR = 0
STATIC_URL = "static/"
WHITENOISE_USE_FINDERS = True  # no collectstatic step between a change and what people see
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en-us"
USE_TZ = True
TIME_ZONE = "UTC"
FORMAT_MODULE_PATH = "sendq_site.formats"

# Database: any PostgreSQL from 15 on, or our own (see sendq_site/embedded/).
if ON_TRIAL:
    DATABASES: dict[str, dict[str, Any]] = {
        "default": {"ENGINE": "sendq_site.embedded", "NAME": "sendq"}
    }
else:
    if not env.str("DATABASE_URL").startswith(("postgresql://", "postgres://")):
        raise ImproperlyConfigured(
            "DATABASE_URL must name a PostgreSQL database, such as "
            "postgresql://sendq@db.example.com/sendq: SendQ relies on its locks."
        )
    DATABASES = {"default": _read("DATABASE_URL", lambda: env.db("DATABASE_URL"))}
    # A Unix socket's folder stands percent-encoded where the host does, as libpq has it.
    DATABASES["default"]["HOST"] = unquote(DATABASES["default"].get("HOST") or "")
    DATABASES["default"]["ENGINE"] = "sendq_site.postgres"
# A network that goes silent is noticed within a minute; Unix sockets have none of this.
_ANSWERS = {"connect_timeout": 10, "keepalives_idle": 30, "keepalives_interval": 10}
_ANSWERS |= {"keepalives_count": 3, "tcp_user_timeout": 60_000}
DATABASES["default"]["OPTIONS"] = _ANSWERS | DATABASES["default"].get("OPTIONS", {})
# Longest that one statement of a page may take, in seconds. Commands take any time: 0.
_SERVES_PAGES = env.bool("SERVES_PAGES", default=False)  # wsgi.py says so
DATABASE_ANSWER_SECONDS = env.int("DATABASE_ANSWER_SECONDS", default=60) if _SERVES_PAGES else 0
DATABASES["default"]["CONN_MAX_AGE"] = 60
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

# Unipile. Without an address and a key SendQ talks to the sandbox, whose address stands in a file.
UNIPILE_DSN = env.str("UNIPILE_DSN", default="")
UNIPILE_API_KEY = env.str("UNIPILE_API_KEY", default="")
UNIPILE_API_VERSION = env.str("UNIPILE_API_VERSION", default="") or "v1"
UNIPILE_SERVICE_KEY = env.str("UNIPILE_SERVICE_KEY", default="")  # V2: registers webhooks
UNIPILE_WEBHOOK_SECRET = env.str("UNIPILE_WEBHOOK_SECRET", default="")
# Two at once, separated by a comma, while one is being changed: the first is registered anew.
UNIPILE_WEBHOOK_SECRETS = [
    part for part in map(str.strip, UNIPILE_WEBHOOK_SECRET.split(",")) if part
]
if bool(UNIPILE_DSN) != bool(UNIPILE_API_KEY):
    raise ImproperlyConfigured(
        "Set both UNIPILE_DSN and UNIPILE_API_KEY to send for real, or neither for the sandbox."
    )
SANDBOX_FILE = DATA_DIR / "sandbox.json"
IN_SANDBOX = not UNIPILE_DSN or UNIPILE_DSN.startswith("http://")
# Answers that the database could not take: keep it on a disk of this machine.
JOURNAL_DIR = Path(env.str("JOURNAL_DIR", default=str(DATA_DIR / "journal")))
# Files of imports, kept for a day between dry run and confirmation; all web processes share it.
UPLOADS_DIR = Path(env.str("UPLOADS_DIR", default=str(DATA_DIR / "uploads")))
FILE_UPLOAD_HANDLERS = [
    "campaigns.importing.uploads.CappedUpload",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
CRON_SECRET = env.str("CRON_SECRET", default="")
API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", default=120)  # of each key
# Networks of your own where webhooks may go, by http too; else on the public internet alone.
WEBHOOK_ALLOW_NETWORKS = [
    ipaddress.ip_network(network) for network in env.list("WEBHOOK_ALLOW_NETWORKS", default=[])
]
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

# Sending
DAILY_CAP_TIMEZONE = _timezone("DAILY_CAP_TIMEZONE")
SEND_QUEUE_CRON = env.str("SEND_QUEUE_CRON", default="") or "*/30 * * * *"
SEND_CONCURRENCY = 4  # calls to Unipile in flight at once, in one run
# Nobody writes at :00 and :30 sharp: in a run of the ticker each account's call leaves up to so
# many seconds after its start, drawn anew each time.
SEND_SPREAD_SECONDS = env.int("SEND_SPREAD_SECONDS", default=20)
# Into so many shares a tick's run is split, for as many clusters; 1: the cluster that has the tick
# makes all of it.
SEND_DISTRIBUTE = env.int("SEND_DISTRIBUTE", default=1)
SEND_RUN_DEADLINE_SECONDS = 240  # a run stops claiming; shorter than the cluster's time-out
HTTP_RUN_DEADLINE_SECONDS = 20  # for the HTTP endpoint: its caller has a time-out of its own
CALL_TOTAL_SECONDS = 30  # longest that one call to Unipile may take, slow drips included
SENDING_BOUND_SECONDS = 180  # longer than any call: `sending` beyond it means that its run died
TIER_DAILY_LIMITS: dict[str, int | None] = {"startup": None, "sme": None, "enterprise": None}
TYPE_DAILY_LIMITS = {"free": 20, "premium": 50, "sales_navigator": 100}
TYPE_WEEKLY_LIMITS = {"free": 100, "premium": 200, "sales_navigator": 200}
WARM_UP_FIRST_DAY = 5
WARM_UP_DAYS = 14
SPACING_FLOOR_SECONDS = 90
MESSAGES_PER_DAY = 40  # follow-ups and answers of an account that has no limit of its own
WITHDRAWALS_PER_DAY = 10
FREE_NOTES = 5  # requests with a note that LinkedIn takes from a free account in 30 days
LOOK_UPS_PER_DAY = 80  # profile views of an account before its requests; LinkedIn bears about 100
LOOK_UPS_PER_RUN = 2
RETRY_DELAYS_SECONDS = (300, 900, 3600)

# What is kept, and for how many days; 0: for ever.
KEEP_ANSWERS_DAYS = env.int("KEEP_ANSWERS_DAYS", default=90)
KEEP_NOTICES_DAYS = env.int("KEEP_NOTICES_DAYS", default=365)
KEEP_RUNS_DAYS = env.int("KEEP_RUNS_DAYS", default=90)
KEEP_LOG_DAYS = env.int("KEEP_LOG_DAYS", default=730)

# django-q2 is the ticker only: what was sent is decided by the claim, so a task that runs twice or
# not at all does no harm. queueing/checks.py holds these values to that.
Q_CLUSTER: dict[str, Any] = {
    "name": "sendq",
    "orm": "default",
    "workers": 2,
    "timeout": 390,
    "retry": 450,
    "max_attempts": 1,
    "ack_failures": True,
    "catch_up": False,
    "bulk": 1,
    "queue_limit": 2,
    "save_limit": 250,
    "poll": 1,
    "label": "Task queue",
}

# Where tasks wait for the clusters: in the database, or in Redis.
TASK_BROKER_URL = env.str("TASK_BROKER_URL", default="")
if TASK_BROKER_URL:
    del Q_CLUSTER["orm"]
    Q_CLUSTER["redis"] = TASK_BROKER_URL

# By what an installation is told from a copy of it elsewhere; a trial goes by its database alone.
_IS_NAMED = SERVED_TO_OTHERS or bool(env.str("SITE_URL", default=""))
SITE_KNOWN_AS = SITE_URL if _IS_NAMED and not ON_TRIAL else ""
EMAIL_URL = env.str("EMAIL_URL", default="") or "consolemail://"
globals().update(_read("EMAIL_URL", lambda: environ.Env.email_url_config(EMAIL_URL)))
EMAIL_TIMEOUT = 20  # seconds: a mail server that does not answer must not hold a run
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="sendq@localhost")

LOG_FORMAT = env.str("LOG_FORMAT", default="") or "line"
if LOG_FORMAT not in {"line", "json"}:
    raise ImproperlyConfigured(f"LOG_FORMAT is {LOG_FORMAT!r}: write line or json.")
SENTRY_DSN = env.str("SENTRY_DSN", default="")
redaction.remember(
    *redaction.secrets_among(globals()),
    *redaction.passwords_in(
        env.str("DATABASE_URL", default=""), EMAIL_URL, SENTRY_DSN, TASK_BROKER_URL
    ),
)
DEFAULT_EXCEPTION_REPORTER_FILTER = "sendq_site.redaction.ErrorPages"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "sendq_site.redaction.LineFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
        },
        "json": {"()": "queueing.tracing.json_lines.JsonLines"},
    },
    "filters": {"refusals": {"()": "queueing.tracing.json_lines.refusals_in_one_line"}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["refusals"],
        }
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
    # Django's own handlers would print each line once more, as it came.
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
    },
}
if SENTRY_DSN:
    _read("SENTRY_DSN", lambda: redaction.report_to(SENTRY_DSN))
