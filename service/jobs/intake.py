"""The way in for Strava's events: a secret path, a handshake while one is due, a row before the 200."""

import hmac
from dataclasses import dataclass
from uuid import UUID

from service.app import App
from service.domain.event import Seal
from service.faults import point
from service.store.keyring import Keyring
from service.strava.webhook import Surprise, parse, seal_of

HEARD = "webhook"
"""The first segment of the path; the second is the secret."""


def path_secret(configured: str, keyring: Keyring) -> str:
    """The second segment of the path: the setting, or 256 bits that follow from the keyring."""
    return configured or keyring.blind_index("webhook path").hex()


@dataclass(frozen=True, slots=True)
class Intake:
    """What the page of events calls. Each method is safe to call from several threads."""

    app: App

    @property
    def secret(self) -> str:
        return path_secret(self.app.settings.webhook_secret.get_secret_value(), self.app.keyring)

    @property
    def callback_url(self) -> str:
        """Where Strava posts to."""
        return f"{self.app.settings.base_url}/{HEARD}/{self.secret}"

    def opens(self, secret: str) -> bool:
        """Whether this is the path we gave to Strava. Compared in constant time."""
        return hmac.compare_digest(secret.encode(), self.secret.encode())

    def expects(self, verify_token: str) -> bool:
        """Whether a subscription with this token is being made just now."""
        with self.app.store.transaction() as tx:
            return tx.subscription.expects(verify_token, self.app.now())

    def take(self, body: bytes, signature: str | None) -> None:
        """Keep the event, or count why not. Returns when that is committed; raises only if it cannot be,
        so that Strava tries again."""
        now = self.app.now()
        seal = self._seal(body, signature)
        reason = ""
        event = None
        try:
            event = parse(body)
        except Surprise as surprise:
            reason = surprise.reason
        if self.app.settings.webhook_signature == "require" and seal is not Seal.VALID:
            event, reason = None, f"signature_{seal}"
        with self.app.store.transaction() as tx:
            found: UUID | str = reason if event is None else tx.inbox.addressee(event)
            if event is None or isinstance(found, str):
                tx.inbox.surprised(str(found), now)
            else:
                tx.inbox.put(event, found, seal, now)
                point("event_kept")
        point("event_committed")

    def _seal(self, body: bytes, signature: str | None) -> Seal:
        settings = self.app.settings
        key = settings.webhook_signing_key.get_secret_value().encode()
        if settings.webhook_signature == "off":
            key = b""
        return seal_of(signature, body, key, self.app.now())
