"""SMTP: whatever the server does, the mail is sent once, kept for later, refused or in doubt."""

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest

from service.errors import MailDeferred, MailInDoubt, MailRefused
from service.notify.mailer import Envelope, Smtp
from tests.mailbox import HANG_UP, Mailbox, mailbox

CONTENT = (
    b"From: a@a.test\r\nMessage-ID: <1@a.test>\r\n\r\n.starts with a dot\r\n..\r\nends without a line end"
)
LETTER = Envelope("bounces@a.test", "runner@b.test", "<1@a.test>", CONTENT)


def smtp(box: Mailbox, **changes: object) -> Smtp:
    return replace(Smtp(box.host, box.port, tls="none", timeout_s=5), **changes)


def nothing() -> None:
    """A hand-over that always succeeds."""


def test_a_mail_arrives_as_it_was_written() -> None:
    """One recipient, dots unharmed, the hand-over committed before anything was kept."""
    kept_at_hand_over: list[int] = []
    with mailbox() as box:
        smtp(box).deliver(LETTER, lambda: kept_at_hand_over.append(len(box.received)))

    assert kept_at_hand_over == [0]
    assert box.received == [CONTENT + b"\r\n"]
    assert (box.senders, box.recipients) == (["bounces@a.test"], ["runner@b.test"])


def test_bare_line_ends_cannot_end_the_message() -> None:
    """LF . LF inside a mail must not smuggle a second one past the server."""
    smuggling = replace(LETTER, content=b"Subject: x\r\n\r\na\n.\nMAIL FROM:<x@x.test>\r.\r\nb\r\n")
    with mailbox() as box:
        smtp(box).deliver(smuggling, nothing)

    assert box.received == [b"Subject: x\r\n\r\na\r\n.\r\nMAIL FROM:<x@x.test>\r\n.\r\nb\r\n"]


@pytest.mark.parametrize(
    ("error", "says", "handed", "script"),
    [
        # "later", at every phase
        (MailDeferred, "421 after MAIL", False, {"MAIL": ["421 busy"]}),
        (MailDeferred, "451 4.7.1 after RCPT", False, {"RCPT": ["451 4.7.1 greylisted"]}),
        (MailDeferred, "452 4.3.1 after DATA", False, {"DATA": ["452 4.3.1 disk full"]}),
        (MailDeferred, "451 4.3.0 after message", True, {"BODY": ["451 4.3.0 try again"]}),
        # "no", at every phase; the server's text names the address and is left out
        (MailRefused, "550 5.1.8 after MAIL", False, {"MAIL": ["550 5.1.8 bad sender bounces@a.test"]}),
        (MailRefused, "550 5.1.1 after RCPT", False, {"RCPT": ["550 5.1.1 no such runner@b.test"]}),
        (MailRefused, "554 after DATA", False, {"DATA": ["554 no valid recipients"]}),
        (MailRefused, "552 5.3.4 after message", True, {"BODY": ["552 5.3.4 too big for runner@b.test"]}),
        # the connection breaks while nothing was handed over: safe to try again
        (MailDeferred, "no session", False, {"EHLO": [HANG_UP]}),
        (MailDeferred, "connection lost before", False, {"MAIL": [HANG_UP]}),
        (MailDeferred, "connection lost before", False, {"RCPT": [HANG_UP]}),
        (MailDeferred, "connection lost before", False, {"DATA": [HANG_UP]}),
        # it breaks after the dot: nobody knows
        (MailInDoubt, "connection lost after", True, {"BODY": [HANG_UP]}),
        # an answer that is no answer
        (MailInDoubt, "answer 399", True, {"BODY": ["399 hm"]}),
        (MailDeferred, "199 after RCPT", False, {"RCPT": ["199 hm"]}),
    ],
)
def test_every_answer_has_one_meaning(
    error: type[Exception], says: str, handed: bool, script: dict[str, list[str]]
) -> None:
    """4xx later, 5xx never, broken before the hand-over later, after it in doubt; no address in texts."""
    hand_overs: list[None] = []
    with mailbox(**script) as box, pytest.raises(error, match=says) as caught:
        smtp(box).deliver(LETTER, lambda: hand_overs.append(None))

    assert handed == bool(hand_overs)
    assert "@" not in str(caught.value)


def test_a_deferred_mail_goes_out_with_the_next_attempt() -> None:
    """The same mailer and the same letter, a minute later."""
    with mailbox(RCPT=["451 4.7.1 greylisted"]) as box:
        with pytest.raises(MailDeferred):
            smtp(box).deliver(LETTER, nothing)
        smtp(box).deliver(LETTER, nothing)

    assert box.message_ids == ["<1@a.test>"]


def test_a_hand_over_that_fails_sends_nothing() -> None:
    """If the database cannot record it, the body never leaves, and the error is the database's own."""

    class DatabaseGone(Exception):
        pass

    def fail() -> None:
        raise DatabaseGone

    with mailbox() as box:
        with pytest.raises(DatabaseGone):
            smtp(box).deliver(LETTER, fail)
        smtp(box).deliver(LETTER, nothing)

    assert len(box.received) == 1


def test_a_quit_that_breaks_changes_nothing() -> None:
    """Once the server said 250 the mail is sent, however the connection ends."""

    def serve(connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            connection.sendall(b"220 hi\r\n")
            for answer in (b"250 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
                lines.readline()
                connection.sendall(answer)
            while lines.readline() != b".\r\n":
                pass
            connection.sendall(b"250 kept\r\n")

    on_server(serve, lambda port: Smtp("127.0.0.1", port, tls="none", timeout_s=5).deliver(LETTER, nothing))


@pytest.mark.parametrize(
    ("error", "greeting"),
    [
        # a server that says nothing at all
        (MailDeferred, b""),
        # one that is not a mail server
        (MailDeferred, b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        # one that is full
        (MailDeferred, b"421 4.3.2 closing\r\n"),
        # one that has no end to its line
        (MailDeferred, b"220 " + b"x" * 20_000),
    ],
)
def test_a_strange_greeting_is_tried_again_later(error: type[Exception], greeting: bytes) -> None:
    """A wrong port or a sick server is the operator's to mend; the mail waits."""

    def serve(connection: socket.socket) -> None:
        with connection, suppress(ConnectionResetError):
            connection.sendall(greeting)
            connection.recv(1)

    def send(port: int) -> None:
        with pytest.raises(error, match="SMTP_HOST"):
            Smtp("127.0.0.1", port, tls="none", timeout_s=0.2).deliver(LETTER, nothing)

    on_server(serve, send)


def on_server(serve: Callable[[socket.socket], None], send: Callable[[int], None]) -> None:
    """Run ``send`` against one connection that ``serve`` answers by hand."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=lambda: serve(listener.accept()[0]), daemon=True)
        thread.start()
        send(listener.getsockname()[1])
        thread.join(5)


def test_a_silent_server_after_the_dot_is_a_doubt() -> None:
    """A time-out while waiting for the last answer: it may have arrived."""

    def serve(connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            connection.sendall(b"220 hi\r\n")
            for answer in (b"250 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
                lines.readline()
                connection.sendall(answer)
            while lines.readline():
                pass

    def send(port: int) -> None:
        with pytest.raises(MailInDoubt, match="connection lost after the message"):
            Smtp("127.0.0.1", port, tls="none", timeout_s=0.2).deliver(LETTER, nothing)

    on_server(serve, send)


def test_nobody_listening_is_tried_again_later() -> None:
    """Connection refused: check host and port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(MailDeferred, match="check SMTP_HOST and SMTP_PORT"):
        Smtp("127.0.0.1", port, tls="none", timeout_s=1).deliver(LETTER, nothing)


def test_the_right_password_opens_and_the_wrong_one_waits() -> None:
    """A wrong password is no reason to give the mail up: the operator can mend it."""
    with mailbox(login=("us", "secret")) as box:
        smtp(box, username="us", password="secret").deliver(LETTER, nothing)
        with pytest.raises(MailDeferred, match="535 at login: check SMTP_USERNAME"):
            smtp(box, username="us", password="wrong").deliver(LETTER, nothing)

    assert len(box.received) == 1
    assert "secret" not in repr(smtp(box, password="secret"))


@pytest.mark.parametrize(
    ("says", "changes"),
    [
        # the server has no STARTTLS: never fall back to plain text by itself
        ("STARTTLS or AUTH: check SMTP_TLS", {"tls": "starttls"}),
        # TLS from the first byte against a plain server
        ("no session", {"tls": "tls"}),
        # a login where none is offered
        ("no session", {"username": "us", "password": "secret"}),
    ],
)
def test_encryption_is_never_dropped_silently(says: str, changes: dict[str, str]) -> None:
    """What the settings ask for and the server lacks is said, and the mail waits."""
    with mailbox() as box, pytest.raises(MailDeferred, match=says):
        smtp(box, timeout_s=0.5, **changes).deliver(LETTER, nothing)

    assert box.received == []


def test_the_certificate_is_checked_by_default() -> None:
    """Nobody in the middle reads athletes' mail."""
    context = Smtp("mail.test", 465)._context()

    assert (context.check_hostname, context.verify_mode) == (True, ssl.CERT_REQUIRED)


@pytest.mark.parametrize(
    "address",
    [
        # a second command behind the first
        "runner@b.test>\r\nRCPT TO:<other@b.test",
        # blanks and brackets end an address early
        "runner @b.test",
        "<runner@b.test>",
        # not ASCII: needs SMTPUTF8, which not every server speaks
        "läufer@b.test",
        # no domain
        "runner",
        "",
    ],
)
def test_an_address_cannot_carry_a_command(address: str) -> None:
    """Refused before a connection is opened, without showing the address."""
    with pytest.raises(MailRefused, match="recipient's address is not plain ASCII"):
        Smtp("mail.invalid", 25).deliver(replace(LETTER, recipient=address), nothing)
    with pytest.raises(MailRefused, match="sender's address"):
        Smtp("mail.invalid", 25).deliver(replace(LETTER, sender=address), nothing)
