"""Mail over SMTP, with the hand-over between the server's 354 and the body.

A crash before the hand-over leaves a mail that is safe to send again; a crash after it leaves a doubt. The
window of doubt is thus only as long as the body and the server's answer to it.
"""

import re
import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from service.errors import MailDeferred, MailInDoubt, MailRefused
from service.notify.envelope import Envelope

ENHANCED = re.compile(rb"\A[245]\.\d{1,3}\.\d{1,3}(?= |\Z)")
SPEAKS_OF_THE_READER = ("RCPT", "message")
LINE_END = re.compile(rb"\r\n|\r|\n")
BROKEN = (OSError, smtplib.SMTPException)
"""What a connection can die of, time-outs and TLS included (both are ``OSError``)."""


@dataclass(frozen=True)
class Smtp:
    """One server, one session a mail. ``tls``: "none", "starttls" after a plain greeting, or "tls" at once.

    ``timeout_s`` bounds each wait for the server, not the whole session.
    """

    host: str
    port: int
    username: str = ""
    password: str = field(default="", repr=False)
    tls: Literal["none", "starttls", "tls"] = "starttls"
    timeout_s: float = 30.0
    context: ssl.SSLContext | None = field(default=None, repr=False)

    def deliver(self, envelope: Envelope, on_handed: Callable[[], None]) -> None:
        """See ``Mailer.deliver``. Error messages carry the server's codes, never its text or an address."""
        envelope.check()
        session = self._session()
        try:
            self._announce(session, envelope)
            on_handed()
            _hand_over(session, envelope.content)
        finally:
            session.close()

    def _session(self) -> smtplib.SMTP:
        """Connected, encrypted and logged in; every failure here is the operator's, so it may pass."""
        session: smtplib.SMTP | None = None
        try:
            session = self._connect()
            if self.tls == "starttls":
                session.starttls(context=self._context())
            session.ehlo_or_helo_if_needed()
            if self.username:
                session.login(self.username, self.password)
        except smtplib.SMTPAuthenticationError as error:
            _close(session)
            raise MailDeferred(f"{error.smtp_code} at login: check SMTP_USERNAME and SMTP_PASSWORD") from None
        except smtplib.SMTPNotSupportedError:
            _close(session)
            raise MailDeferred(
                "the mail server lacks STARTTLS or AUTH: check SMTP_TLS and SMTP_PORT"
            ) from None
        except BROKEN as error:
            _close(session)
            name = type(error).__name__
            raise MailDeferred(
                f"no session with the mail server ({name}): check SMTP_HOST and SMTP_PORT"
            ) from None
        return session

    def _connect(self) -> smtplib.SMTP:
        if self.tls == "tls":
            return smtplib.SMTP_SSL(self.host, self.port, timeout=self.timeout_s, context=self._context())
        return smtplib.SMTP(self.host, self.port, timeout=self.timeout_s)

    def _context(self) -> ssl.SSLContext:
        return self.context or ssl.create_default_context()

    def _announce(self, session: smtplib.SMTP, envelope: Envelope) -> None:
        """Everything up to the 354; until here any number of attempts are harmless."""
        try:
            _expect("MAIL", 2, *session.mail(envelope.sender))
            _expect("RCPT", 2, *session.rcpt(envelope.recipient))
            _expect("DATA", 3, *session.docmd("DATA"))
        except BROKEN as error:
            raise MailDeferred(
                f"connection lost before the message ({type(error).__name__}): later"
            ) from None


def _hand_over(session: smtplib.SMTP, content: bytes) -> None:
    """The body, the dot and the answer to it. Without a readable answer nobody knows: a doubt."""
    try:
        session.send(_stuffed(content) + b".\r\n")
        code, text = session.getreply()
    except BROKEN as error:
        raise MailInDoubt(
            f"connection lost after the message ({type(error).__name__}): not sent again"
        ) from None
    if code // 100 not in (2, 4, 5):
        raise MailInDoubt(f"the answer {code} to the message means nothing: not sent again")
    _expect("message", 2, code, text)
    with suppress(*BROKEN):
        session.quit()


def _expect(phase: str, hundreds: int, code: int, text: bytes) -> None:
    if code // 100 == hundreds:
        return
    enhanced = ENHANCED.match(text)
    answer = f"{code} {enhanced.group().decode()}" if enhanced else str(code)
    if code // 100 == 5:
        status = enhanced.group().decode() if enhanced and phase in SPEAKS_OF_THE_READER else ""
        raise MailRefused(f"{answer} after {phase}: the mail server will not take it", status)
    raise MailDeferred(f"{answer} after {phase}: the mail server asks to wait")


def _stuffed(content: bytes) -> bytes:
    """CRLF line ends only (a bare one could end the message early) and dots doubled at line starts."""
    lines = LINE_END.sub(b"\r\n", content)
    closed = lines if lines.endswith(b"\r\n") else lines + b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", closed)


def _close(session: smtplib.SMTP | None) -> None:
    if session is not None:
        session.close()
