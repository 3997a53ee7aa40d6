"""Writes to accounts, by subject. Each is recorded in the log of the node."""

from lazaretto.apps.accounts.actions.acting import NODE
from lazaretto.apps.accounts.actions.grants import end_grant, grant
from lazaretto.apps.accounts.actions.looks import leaves_of, record_reads, record_taken_out
from lazaretto.apps.accounts.actions.organisations import close_organisation, create_organisation, set_parent
from lazaretto.apps.accounts.actions.signing_in import record_sign_in
from lazaretto.apps.accounts.actions.tokens import FLUSH_MS, create_flush_token, create_token, note_use, revoke_token
from lazaretto.apps.accounts.actions.users import (
    change_password,
    choose_language,
    create_user,
    deactivate,
    drop_factor,
    end_other_sessions,
    invite_user,
    reactivate,
    reset_factor,
    reset_password,
)

__all__ = [
    "FLUSH_MS",
    "NODE",
    "change_password",
    "choose_language",
    "close_organisation",
    "create_flush_token",
    "create_organisation",
    "create_token",
    "create_user",
    "deactivate",
    "drop_factor",
    "end_grant",
    "end_other_sessions",
    "grant",
    "invite_user",
    "leaves_of",
    "note_use",
    "reactivate",
    "record_reads",
    "record_sign_in",
    "record_taken_out",
    "reset_factor",
    "reset_password",
    "revoke_token",
    "set_parent",
]
