"""Addresses of accounts. Names that begin with `account_` or `mfa_` are those by which django-allauth asks for them."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from django.db import transaction
from django.urls import path
from django.views.decorators.cache import never_cache

from lazaretto.apps.accounts import views, views_account, views_organisations, views_users

ME, USER = "me/", "users/<slug:ref>/"
urlpatterns = [
    path("sign-in/", views.sign_in, name="account_login"),
    path("sign-in/", views.sign_in, name="sign-in"),
    path("sign-in/code/", mfa.authenticate, name="mfa_authenticate"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("language/", views.set_language, name="set-language"),
    path("theme/", views.set_theme, name="set-theme"),
    path(ME, views_account.account, name="mfa_index"),
    path(ME, views_account.account, name="account"),
    path(ME + "password/", views_account.change_password, name="change-password"),
    path(ME + "sessions/end/", views_account.end_sessions, name="end-sessions"),
    path(ME + "tokens/new/", views_account.new_token, name="token-new"),
    path(ME + "tokens/<int:number>/revoke/", views_account.revoke_token, name="token-revoke"),
    path(ME + "confirm/", never_cache(account.reauthenticate), name="account_reauthenticate"),
    path(ME + "confirm/code/", never_cache(mfa.reauthenticate), name="mfa_reauthenticate"),
    path(ME + "second-factor/set-up/", never_cache(totp.activate_totp), name="mfa_activate_totp"),
    path(
        ME + "second-factor/remove/", transaction.atomic(never_cache(totp.deactivate_totp)), name="mfa_deactivate_totp"
    ),
    path(ME + "second-factor/replace/", views_account.ReplaceFactor.as_view(), name="factor-replace"),
    path(ME + "recovery-codes/", never_cache(codes.view_recovery_codes), name="mfa_view_recovery_codes"),
    path(ME + "recovery-codes/new/", never_cache(codes.generate_recovery_codes), name="mfa_generate_recovery_codes"),
    path(ME + "recovery-codes/file/", codes.download_recovery_codes, name="mfa_download_recovery_codes"),
    path("users/", views_users.users, name="users"),
    path("users.xlsx", views_users.users_excel, name="users-xlsx"),
    path("users/new/", views_users.new_user, name="user-new"),
    path(USER, views_users.user, name="user"),
    path(USER + "roles/", views_users.give_role, name="user-role"),
    path(USER + "roles/<int:number>/end/", views_users.end_role, name="user-role-end"),
    path(USER + "change/", views_users.change_user, name="user-change"),
    path("organisations/", views_organisations.organisations, name="organisations"),
]
