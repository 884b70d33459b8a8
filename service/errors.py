"""Every error freshlegs raises on purpose, as one tree.

Each class says whether trying again can help (``again``); each message says what to do. Nothing here
may carry a token, an address or an activity's title: errors are logged.
"""

from datetime import datetime


class FreshlegsError(Exception):
    """Root of the tree. ``code`` is the constant name under which it is logged and counted."""

    code = "error"
    again = False


class SettingsError(FreshlegsError):
    """A setting is missing or unusable; the message names the key."""

    code = "settings"


class InputError(FreshlegsError):
    """A file or an argument given by a person cannot be used; the message names it and the line."""

    code = "input"


class RoleFailed(FreshlegsError):
    """A role of this process ended by itself, so the process ends too; the log says why."""

    code = "role_failed"
    again = True


class DatabaseUnavailable(FreshlegsError):
    """No usable Postgres; the message says which way was tried."""

    code = "database_unavailable"
    again = True


class StravaError(FreshlegsError):
    """Root of all that Strava can answer instead of what was asked."""

    code = "strava"


class StravaUnavailable(StravaError):
    """Network trouble, a 5xx or an answer that is not JSON: the same call may work later."""

    code = "strava_unavailable"
    again = True


class QuotaExhausted(StravaError):
    """No call may be sent before ``opens_at`` (UTC): the ledger refused, or Strava answered 429."""

    code = "quota_exhausted"
    again = True

    def __init__(self, message: str, opens_at: datetime) -> None:
        super().__init__(message)
        self.opens_at = opens_at


class TokenDead(StravaError):
    """The grant is gone: the athlete has to connect again."""

    code = "token_dead"


class ScopeMissing(StravaError):
    """The grant lives but does not cover this call: ask for consent again."""

    code = "scope_missing"


class Gone(StravaError):
    """404: the thing was deleted or hidden."""

    code = "gone"


class AppInactive(StravaError):
    """403 on every call: the operator's Strava application is switched off. All calls stop.

    ``opens_at`` (UTC) is set where the ledger refused: not before then is Strava asked again.
    """

    code = "app_inactive"

    def __init__(self, message: str, opens_at: datetime | None = None) -> None:
        super().__init__(message)
        self.opens_at = opens_at


class AthleteLimitReached(StravaError):
    """Strava lets no further athlete connect to this application."""

    code = "athlete_limit"


class MailDeferred(FreshlegsError):
    """The mail server said "later" (4xx) or could not be reached before the message was handed over."""

    code = "mail_deferred"
    again = True


class MailRefused(FreshlegsError):
    """The mail server said no (5xx); the same message would be refused again.

    ``status``: its enhanced code (RFC 3463) where it gave one for the recipient or the message.
    """

    code = "mail_refused"

    def __init__(self, message: str, status: str = "") -> None:
        super().__init__(message)
        self.status = status


class MailInDoubt(FreshlegsError):
    """The connection broke after the message was handed over: it may have arrived; never sent again."""

    code = "mail_in_doubt"


class DecryptionError(FreshlegsError):
    """A ciphertext does not belong to its row, or its key is gone."""

    code = "decryption"
