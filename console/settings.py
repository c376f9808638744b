"""The one settings file. Every value that differs between places comes from the environment (docs/operations.md)."""

from pathlib import Path

import dj_database_url
from csp.constants import NONE, SELF

from console import env

BASE_DIR = Path(__file__).resolve().parent.parent

BERTH_BIND = env.address("BERTH_BIND", "127.0.0.1:8000")
BERTH_DATA = env.private_folder("BERTH_DATA", BASE_DIR / "var")
BERTH_KUBECONFIG = env.existing_file("BERTH_KUBECONFIG")
BERTH_CONTEXT = env.text("BERTH_CONTEXT")
BERTH_CLUSTER_NAME = env.text("BERTH_CLUSTER_NAME")
BERTH_ORIGINS = env.origins("BERTH_ORIGIN")
BERTH_EMBEDDED_FAST = env.flag("BERTH_EMBEDDED_FAST")
BERTH_TRUSTED_PROXIES = env.networks("BERTH_TRUSTED_PROXIES")
BERTH_RECORD_DAYS = env.days("BERTH_RECORD_DAYS", 400)
BERTH_RECYCLE_BIN_DAYS = env.number("BERTH_RECYCLE_BIN_DAYS", 30)
BERTH_PROJECTS_PER_PERSON = env.number("BERTH_PROJECTS_PER_PERSON", 500)


DEBUG = env.flag("BERTH_DEBUG")
SECRET_KEY = env.secret_key(BERTH_DATA)
_LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]
ALLOWED_HOSTS = [env.host(origin) for origin in BERTH_ORIGINS] + _LOOPBACK
CSRF_TRUSTED_ORIGINS = [origin for origin in BERTH_ORIGINS if origin.startswith("https://")]

INSTALLED_APPS = [
    "accounts.apps.BerthAdmin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "django_htmx",
    "django_ace",
    "lucide",
    "console",
    "console.web",
    "accounts",
    "services",
]

MIDDLEWARE = [
    "console.middleware.RequestId",
    "console.middleware.Peer",
    "django.middleware.security.SecurityMiddleware",
    "console.assets.Assets",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "console.middleware.PlainAddress",
    "console.middleware.Turn",
    "console.middleware.SignInFirst",
    "console.middleware.LastSeen",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "console.middleware.PrivatePages",
    "console.middleware.AttachCluster",
    "console.web.error_pages.ClusterErrors",
]

ROOT_URLCONF = "console.urls"
ASGI_APPLICATION = "console.asgi.application"
FORM_RENDERER = "console.web.forms.BerthRenderer"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["console.web.template_loader.Loader", "django.template.loaders.app_directories.Loader"],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.context.shell",
                "accounts.trouble.trouble",
                "console.pages.cluster_banner",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "console.web.templatetags.berth",
                "console.web.templatetags.kept",
            ],
        },
    },
]

try:
    DATABASES = {
        "default": dj_database_url.config(
            env="BERTH_DATABASE_URL", default=f"sqlite:///{BERTH_DATA / 'berth.sqlite3'}", conn_max_age=0
        )
    }
except (ValueError, dj_database_url.ParseError) as error:
    raise env.WrongSetting(f"BERTH_DATABASE_URL cannot be read: {error}.") from error
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 5,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    # Under ASGI each request has a thread of its own, and Django keeps connections by thread: a kept one would never be
    # used again. The pool keeps them for the whole process, and no more than these.
    DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {
        "min_size": 1,
        "max_size": env.number("BERTH_DATABASE_CONNECTIONS", 20),
        "timeout": 10,
    }

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.PasswordOrLink"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "accounts:signin"
LOGIN_REDIRECT_URL = "accounts:home"

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
FORMAT_MODULE_PATH = "console.formats"
# Every string is marked for translation, but there is one language: until there is a second, looking each word up in
# empty catalogues would cost 8 % of a page.
USE_I18N = False
USE_TZ = True
LOCALE_PATHS = [BASE_DIR / "locale"]

STATIC_URL = "/static/"
# console.web.assets builds stylesheet, script and icons under hashed names; WhiteNoise finds them: no collectstatic.
# An image brings them built, beside the code (deploy/Dockerfile).
ASSETS_ROOT = Path(env.text("BERTH_ASSETS") or BERTH_DATA / "assets")
STATICFILES_FINDERS = [
    "console.web.assets.AssetFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_IMMUTABLE_FILE_TEST = r"[.-][0-9a-f]{8}[./]"

# A request may carry a manifest of 1 MB as it was opened and as it is now, as a browser encodes them: mostly Latin
# letters. One of other letters or signs, which take six bytes or nine each, may have less (`error_pages.too_large`).
DATA_UPLOAD_MAX_MEMORY_SIZE = 4_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 4000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_500_000

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    name: [] for name in ("camera", "geolocation", "microphone", "payment", "usb")
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True

# Behind TLS (an https origin is configured) cookies are bound to it; on loopback they cannot be.
_TLS = any(origin.startswith("https://") for origin in BERTH_ORIGINS)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _TLS
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_NAME = "__Host-berth" if _TLS else "berth"
CSRF_COOKIE_NAME = "__Host-berth-csrf" if _TLS else "berth-csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "console.pages.stale_form"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 60 * 60
if _TLS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "console.logs.OneLine"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {name: {"level": "WARNING"} for name in ("uvicorn", "django.server", "fontTools")},
}

# Inside a cluster the service account connects; a kubeconfig goes before it; with neither the embedded cluster starts.
BERTH_IN_CLUSTER = bool(env.text("KUBERNETES_SERVICE_HOST")) and not BERTH_KUBECONFIG
BERTH_EMBEDDED = not BERTH_KUBECONFIG and not BERTH_IN_CLUSTER
# The state that a message is shown in, by Django's level for it.
MESSAGE_TAGS = {10: "idle", 20: "ok", 25: "ok", 30: "warn", 40: "bad"}
