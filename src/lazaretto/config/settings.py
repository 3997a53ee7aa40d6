"""
Settings, all from the environment.

LAZARETTO_HOME      where data, keys and the secret are kept (default ./var)
LAZARETTO_DATABASE  postgres://user:password@host:port/name; without it SQLite in LAZARETTO_HOME
LAZARETTO_HOSTS     host names that the server answers to, comma-separated (default: this machine only)
LAZARETTO_HTTPS     1 behind TLS: secure cookies and HSTS
LAZARETTO_SECOND_FACTOR
                    who must sign in with a second factor: required (everybody), roles (those who sign, approve, read
                    health information, manage users or take bundles in; the default) or optional (nobody)
LAZARETTO_FACTS_MB  how many megabytes of facts one request may bring line by line (default 100)
"""

import os
import secrets
from pathlib import Path
from urllib.parse import unquote, urlparse

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

LAZARETTO_HOME = Path(os.environ.get("LAZARETTO_HOME", "var")).resolve()
PACKAGE = Path(__file__).resolve().parent.parent


def _secret_key() -> str:
    """Return the secret of this installation, made on first use and readable by its owner only."""
    path = LAZARETTO_HOME / "secret_key"
    LAZARETTO_HOME.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
    except FileExistsError:
        pass
    return path.read_text(encoding="utf-8")


def database_at(url: str) -> dict[str, object]:
    """Return the settings of the database that LAZARETTO_DATABASE names; SQLite if it is empty."""
    if url:
        parts = urlparse(url)
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": parts.path.lstrip("/"),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": parts.hostname
            or unquote(dict(p.split("=", 1) for p in parts.query.split("&") if p).get("host", "")),
            "PORT": parts.port or "",
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
        }
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": LAZARETTO_HOME / "lazaretto.sqlite3",
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=20000;"
            " PRAGMA mmap_size=134217728; PRAGMA journal_size_limit=67108864; PRAGMA cache_size=-65536;"
            " PRAGMA temp_store=MEMORY; PRAGMA recursive_triggers=ON;",
        },
    }


SECRET_KEY = _secret_key()
DEBUG = False
ALLOWED_HOSTS = os.environ.get("LAZARETTO_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
DATABASES = {"default": database_at(os.environ.get("LAZARETTO_DATABASE", ""))}

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "lazaretto.web",
    "lazaretto.apps.journal",
    "lazaretto.apps.accounts",
    "lazaretto.apps.registry",
    "lazaretto.apps.command",
    "lazaretto.apps.work",
    "lazaretto.apps.rounds",
    "lazaretto.apps.laboratory",
    "lazaretto.apps.clinic",
    "lazaretto.apps.isolation",
    "lazaretto.apps.duty",
    "lazaretto.apps.passage",
    "lazaretto.apps.coordination",
    "lazaretto.apps.reporting",
    "lazaretto.apps.console",
    "allauth",
    "allauth.account",
    "allauth.mfa",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "lazaretto.web.language.LanguageMiddleware",
    "lazaretto.apps.accounts.middleware.SignInMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
ROOT_URLCONF = "lazaretto.config.urls"
WSGI_APPLICATION = "lazaretto.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "lazaretto.web.shell.shell",
            ],
        },
    }
]

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign-in"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "web/locked_out.html"
AXES_VERBOSE = False
SECOND_FACTOR = os.environ.get("LAZARETTO_SECOND_FACTOR", "roles")
if SECOND_FACTOR not in ("required", "roles", "optional"):
    raise ImproperlyConfigured(f"LAZARETTO_SECOND_FACTOR is required, roles or optional, not {SECOND_FACTOR!r}")
ACCOUNT_ADAPTER = "lazaretto.apps.accounts.second_factor.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
MFA_ADAPTER = "lazaretto.apps.accounts.second_factor.FactorAdapter"
MFA_FORMS = {
    "authenticate": "lazaretto.apps.accounts.second_factor.CodeForm",
    "reauthenticate": "lazaretto.apps.accounts.second_factor.CodeAgainForm",
}
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "Lazaretto"
MFA_TOTP_TOLERANCE = 1  # a facility cut off from the network may have a clock that is half a minute off
SILENCED_SYSTEM_CHECKS: list[str] = []

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("zh-hant", _("Traditional Chinese")), ("en", _("English"))]
LOCALE_PATHS = [PACKAGE / "web" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = LAZARETTO_HOME / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FACTS_MAX_BYTES = int(os.environ.get("LAZARETTO_FACTS_MB", "100")) * 1024 * 1024

_https = os.environ.get("LAZARETTO_HTTPS") == "1"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "lazaretto.web.errors.csrf_refused"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    }
}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
