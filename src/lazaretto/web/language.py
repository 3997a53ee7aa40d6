"""The language of a page: what the user chose, else what was chosen in this browser, else what it asks for, else Chinese."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers

COOKIE = "lz_lang"
#: Readers of traditional characters, as browsers name them.
TRADITIONAL = ("zh-hant", "zh-tw", "zh-hk", "zh-mo")
CODES = tuple(code for code, _ in settings.LANGUAGES)


def chosen(request: HttpRequest) -> str:
    """Return the code of the language to answer in; always one of `settings.LANGUAGES`."""
    own = getattr(getattr(request, "user", None), "language", "")
    if own in CODES:
        return str(own)
    cookie = request.COOKIES.get(COOKIE, "")
    if cookie in CODES:
        return cookie
    for entry in request.headers.get("Accept-Language", "").split(","):
        wanted = entry.partition(";")[0].strip().lower()
        if wanted.startswith(TRADITIONAL):
            return "zh-hant"
        found = next((code for code in CODES if wanted and code.split("-")[0] == wanted.split("-")[0]), None)
        if found:
            return found
    return str(settings.LANGUAGE_CODE)


class LanguageMiddleware:
    """Activates the language for the time of one request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        language = chosen(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        return response
