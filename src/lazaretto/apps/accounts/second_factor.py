"""
The second factor: django-allauth's time-based codes and recovery codes behind our own sign-in, lockout and journal.

Secrets are kept encrypted under the secret of the installation. If that secret is another one than it was, no code fits
any more; an administrator resets the factor. See docs/adr/0006-second-factor.md.
"""

import base64
import hashlib
import io
from typing import Any

import segno
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa import app_settings, signals
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from axes.handlers.proxy import AxesProxyHandler
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.contrib.auth.signals import user_login_failed
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db.models.signals import post_save
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from lazaretto.apps.accounts import access, actions
from lazaretto.apps.accounts.models import User

#: Whoever signed in or confirmed it is him this lately need not confirm it again.
LATELY_MS = 5 * 60_000
SIGNED_IN = "signed_in_at"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Signing in by name and password only: no sign-up, no mail, no messages but those of our own pages."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "too_many_login_attempts": _("Too many codes were tried. Wait five minutes, then use the code shown now."),
        "incorrect_password": _("The password is not right. Nothing was changed; this is recorded."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Say nothing: each page says what it is."""

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Send nothing: there is no mail; the journal and the user's own history have it."""

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        return redirect("sign-in")

    def login(self, request: HttpRequest, user: Any) -> None:
        """Sign in for good, after every factor."""
        super().login(request, user)
        now = access.clock_now()
        request.session[SIGNED_IN] = now
        actions.record_sign_in(kind="signed_in", user=user, at=now)

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        signed_in: int = self.request.session.get(SIGNED_IN, 0)
        return not 0 <= access.clock_now() - signed_in < LATELY_MS

    def reauthenticate(self, user: Any, password: str) -> bool:
        if bool(super().reauthenticate(user, password)):
            return True
        actions.record_sign_in(kind="confirmation_refused", user=user, at=access.clock_now())
        return False


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """What the authenticator app shows, how secrets are kept, and who may go without."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("The code is not right, or was used already. This is recorded. Use the next code."),
        "cannot_delete_authenticator": _("Your roles ask for a second factor. It can be replaced, not removed."),
        "cannot_generate_recovery_codes": _("Set up the second factor first; recovery codes stand in for it."),
    }

    def build_totp_svg(self, url: str) -> str:
        """Return the code as a picture with its own white ground, so that it can be read from a dark page too."""
        file = io.BytesIO()
        segno.make(url, micro=False, error="m").save(file, kind="svg", scale=4, border=3, light="#fff", xmldecl=False)
        return file.getvalue().decode()

    def encrypt(self, text: str) -> str:
        return _fernet().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Return the secret, or one that nobody has if it was kept under another secret of the installation."""
        try:
            return _fernet().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            return base64.b32encode(Fernet.generate_key()[:20]).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return not access.needs_factor(authenticator.user)


def _fernet() -> Fernet:
    key = hashlib.sha256(b"lazaretto second factor\0" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))


class _Limited:
    """
    Counts wrong codes together with wrong passwords, and takes none while the sign-in is closed. A code is good once:
    allauth keeps used codes for one period, but takes the codes of the periods before and after as well.
    """

    user: User

    def clean_code(self) -> str:
        from allauth.core import context

        request = context.request
        credentials = {"username": self.user.username}
        if not AxesProxyHandler.is_allowed(request, credentials):
            request.axes_locked_out, request.axes_credentials = True, credentials
            raise ValidationError(AccountAdapter.error_messages["too_many_login_attempts"])
        code: str = super().clean_code()  # type: ignore[misc]
        if self.authenticator.type == Authenticator.Type.TOTP and not _first_use(self.user, code):  # type: ignore[attr-defined]
            self._emit_authentication_failed(self.authenticator)  # type: ignore[attr-defined]
            raise ValidationError(FactorAdapter.error_messages["incorrect_code"])
        return code


def _first_use(user: User, code: str) -> bool:
    digits = "".join(c for c in code if c.isalnum())
    seconds = app_settings.TOTP_PERIOD * (2 * app_settings.TOTP_TOLERANCE + 1)
    return bool(cache.add(f"lazaretto.code.{user.pk}.{digits}", 1, timeout=seconds))


class CodeForm(_Limited, AuthenticateForm):  # type: ignore[misc]
    """The code asked for at sign-in."""


class CodeAgainForm(_Limited, ReauthenticateForm):  # type: ignore[misc]
    """The code asked for again before something that counts."""


# -- what the library tells, into the journal ----------------------------------------------------------------------


def _on_refused(sender: Any, request: HttpRequest, user: User, reauthentication: bool = False, **more: Any) -> None:
    kind = "confirmation_refused" if reauthentication else "second_factor_refused"
    actions.record_sign_in(kind=kind, user=user, at=access.clock_now())
    user_login_failed.send(sender=__name__, credentials={"username": user.username}, request=request)


def _on_used(sender: Any, user: User, authenticator: Authenticator, **more: Any) -> None:
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        actions.record_sign_in(kind="recovery_code_used", user=user, at=access.clock_now())


def _on_kept(sender: Any, instance: Authenticator, created: bool, **more: Any) -> None:
    """
    Record what is new in the transaction that keeps it. The library's own news of it comes only after the commit, when
    a crash could lose it.
    """
    if created:
        codes = instance.type == Authenticator.Type.RECOVERY_CODES
        kind = "recovery_codes_made" if codes else "second_factor_added"
        actions.record_sign_in(kind=kind, user=instance.user, at=access.clock_now())


def _on_removed(sender: Any, user: User, authenticator: Authenticator, **more: Any) -> None:
    codes = authenticator.type == Authenticator.Type.RECOVERY_CODES
    kind = "recovery_codes_removed" if codes else "second_factor_removed"
    actions.record_sign_in(kind=kind, user=user, at=access.clock_now())


def listen() -> None:
    """Have the journal told of what the library does."""
    for signal, told in (
        (signals.authentication_failed, _on_refused),
        (signals.authenticator_used, _on_used),
        (signals.authenticator_removed, _on_removed),
    ):
        signal.connect(told, dispatch_uid=f"{__name__}.{told.__name__}")
    post_save.connect(_on_kept, sender=Authenticator, dispatch_uid=f"{__name__}.kept")
