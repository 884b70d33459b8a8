"""A mail server for tests: a real one over loopback, with answers and breakdowns by script."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from typing import Any, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

HANG_UP = "hang up"
"""In place of an answer: close the connection without one."""


@dataclass
class Mailbox:
    """What arrived, and what the server is to answer next.

    ``script`` maps a phase (EHLO, MAIL, RCPT, DATA, BODY) to answers used one after the other; then the
    server is kind again, or asks ``mood``. DATA is the answer in place of 354, BODY the one after the dot;
    what it refuses is not kept. ``HANG_UP`` as an answer closes the connection; at BODY the message has then
    arrived all the same. ``delay_s`` is how long the server thinks about each message, half of it before and
    half after it is kept.
    """

    host: str = "127.0.0.1"
    port: int = 0
    received: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    script: dict[str, list[str]] = field(default_factory=dict)
    delay_s: float = 0.0
    mood: Callable[[str], str | None] | None = None

    def next_answer(self, phase: str) -> str | None:
        answers = self.script.get(phase)
        if not answers:
            return self.mood(phase) if self.mood else None
        return answers.pop(0)

    @property
    def messages(self) -> list[EmailMessage]:
        """Everything that arrived, parsed."""
        return [cast(EmailMessage, message_from_bytes(raw, policy=SMTP_POLICY)) for raw in self.received]

    @property
    def message_ids(self) -> list[str]:
        return [str(message["Message-ID"]) for message in self.messages]


@contextmanager
def mailbox(
    *, login: tuple[str, str] | None = None, delay_s: float = 0.0, **script: list[str]
) -> Iterator[Mailbox]:
    """A running server; e.g. ``mailbox(RCPT=["451 4.7.1 greylisted"], BODY=[HANG_UP])``."""
    box = Mailbox(script=dict(script), delay_s=delay_s)
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(
        loop.create_server(lambda: _Scripted(box, loop, login), host=box.host, port=0)
    )
    box.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, name="mailbox", daemon=True)
    thread.start()
    try:
        yield box
    finally:
        asyncio.run_coroutine_threadsafe(_stop(server), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


async def _stop(server: asyncio.Server) -> None:
    server.close()
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


class _Keeper:
    """Keeps what arrives."""

    def __init__(self, box: Mailbox) -> None:
        self.box = box

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        await asyncio.sleep(self.box.delay_s / 2)
        answer = self.box.next_answer("BODY")
        if answer is None or answer == HANG_UP:
            self.box.received.append(cast(bytes, envelope.original_content))
            self.box.recipients.extend(envelope.rcpt_tos)
            self.box.senders.append(str(envelope.mail_from))
        await asyncio.sleep(self.box.delay_s / 2)
        if answer == HANG_UP:
            cast(_Scripted, server).hang_up()
        return answer or "250 2.0.0 kept"


class _Scripted(SMTP):
    """aiosmtpd with answers by script before its own."""

    def __init__(self, box: Mailbox, loop: asyncio.AbstractEventLoop, login: tuple[str, str] | None) -> None:
        accepts = None if login is None else _accepting(*login)
        super().__init__(
            _Keeper(box),
            loop=loop,
            hostname="mailbox.test",
            authenticator=accepts,
            auth_require_tls=False,
            auth_exclude_mechanism=["PLAIN", "LOGIN"] if login is None else None,
        )
        self.box = box

    def hang_up(self) -> None:
        self.transport.abort()

    async def _said(self, phase: str) -> bool:
        answer = self.box.next_answer(phase)
        if answer == HANG_UP:
            self.hang_up()
        elif answer is not None:
            await self.push(answer)
        return answer is not None

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802 - aiosmtpd's name
        if not await self._said("EHLO"):
            await super().smtp_EHLO(hostname)

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802 - aiosmtpd's name
        if not await self._said("MAIL"):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802 - aiosmtpd's name
        if not await self._said("RCPT"):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        if not await self._said("DATA"):
            await super().smtp_DATA(arg)


def _accepting(username: str, password: str) -> Any:
    def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        known = data.login == username.encode() and data.password == password.encode()
        return AuthResult(success=known, handled=False)

    return authenticate
