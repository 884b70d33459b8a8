"""Made-up bounces in the forms that mail servers have: each with what it says about our mail.

``corpus(ours)`` builds them around one mail; addresses and servers are invented.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from service.domain.bounce import Fate

RETURN_PATH = "bounces+abc@mail.test"
MESSAGE_ID = "<0123456789abcdef@mail.test>"
READER = "runner@example.org"

R, C, N = Fate.RETURNED, Fate.COMPLAINT, Fate.NOTHING


@dataclass(frozen=True, slots=True)
class Ours:
    """The mail that came back, and to which address the bounce is sent."""

    return_path: str = RETURN_PATH
    message_id: str = MESSAGE_ID


@dataclass(frozen=True, slots=True)
class Case:
    """One bounce; ``hard``: the address is to be suppressed at once."""

    name: str
    raw: bytes
    fate: Fate
    status: str = ""
    hard: bool = False


def returned(ours: Ours) -> str:
    return (
        f"Return-Path: <{ours.return_path}>\nFrom: freshlegs <mail@mail.test>\nTo: {READER}\n"
        f"Subject: Heavy legs\nMessage-ID: {ours.message_id}\n"
    )


def dsn(
    ours: Ours,
    fields: str,
    *,
    words: str = "I could not deliver it.",
    original: str = "text/rfc822-headers",
    status_type: str = "message/delivery-status",
    head: str = "",
) -> bytes:
    """A report in the form of RFC 3464."""
    return (
        f"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.org\nTo: {ours.return_path}\n"
        f"Subject: Undelivered Mail Returned to Sender\nMessage-ID: <dsn1@mx.example.org>\n{head}"
        'MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary="=B"\n\n'
        f"--=B\nContent-Type: text/plain\n\n{words}\n\n"
        f"--=B\nContent-Type: {status_type}\n\n"
        f"Reporting-MTA: dns; mx.example.org\nArrival-Date: Mon, 2 Mar 2026 05:31:00 +0100\n\n"
        f"Final-Recipient: rfc822; {READER}\n{fields}\n"
        f"--=B\nContent-Type: {original}\n\n{returned(ours)}\n--=B--\n"
    ).encode()


def plain(ours: Ours, sender: str, subject: str, words: str, head: str = "") -> bytes:
    """A bounce that only people are meant to read."""
    return (
        f"Return-Path: <>\nFrom: {sender}\nTo: {ours.return_path}\nSubject: {subject}\n{head}"
        f"Message-ID: <words1@mx.example.org>\nContent-Type: text/plain; charset=utf-8\n\n{words}\n"
    ).encode()


FORMS = Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").split("\n\n")
"""What servers report, and what they write for people."""
ODD_REPORTS = (
    ("small letters", "action: FAILED\nstatus: 5.1.1\n"),
    ("an address with numbers", "Action: failed\nStatus: 5.1.1\nRemote-MTA: dns; 192.0.2.55\n"),
    ("very long diagnostic", f"Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 {'x' * 20_000}\n"),
    (
        "two readers behind a list, one gone",
        "Action: delivered\nStatus: 2.0.0\n\nFinal-Recipient: rfc822; b@x.test\nAction: failed\n"
        "Status: 5.1.1\n",
    ),
    (
        "folded diagnostic",
        "Action: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp;\n 550-5.1.1 The account\n 550 5.1.1 is gone\n",
    ),
)
"""All of them: no such user."""

BELOW = "\n\n--- Below this line is a copy of the message.\n\n"


def corpus(ours: Ours | None = None) -> Iterator[Case]:
    """Every form, about one mail."""
    ours = ours or Ours()
    for name, action, status, diagnostic, says in _rows(FORMS[0]):
        fields = {"Action": action, "Status": status, "Diagnostic-Code": diagnostic}
        block = "".join(f"{field}: {value}\n" for field, value in fields.items() if value)
        yield Case(f"report: {name}", dsn(ours, block), *_said(says))
    for name, block in ODD_REPORTS:
        yield Case(f"report: {name}", dsn(ours, block), R, "5.1.1", True)
    for name, sender, words, says in _rows(FORMS[1]):
        text = words.replace(" / ", "\n").replace(" BELOW ", BELOW)
        copy = f"{'' if BELOW in text else BELOW}{returned(ours)}"
        letter = plain(ours, f"Sender <{sender}@x.test>", "Undeliverable", f"{text}\n{copy}")
        yield Case(f"words: {name}", letter, *_said(says))
    yield from _odd(ours)


def _rows(table: str) -> Iterator[list[str]]:
    for line in table.strip().splitlines()[1:]:
        yield [cell.strip() for cell in line.split("|")]


def _said(says: str) -> tuple[Fate, str, bool]:
    fate, *more = says.split()
    return Fate(fate), more[0] if more else "", "hard" in more


def _odd(ours: Ours) -> Iterator[Case]:
    gone = "Action: failed\nStatus: 5.1.1\n"
    yield Case("the whole mail returned", dsn(ours, gone, original="message/rfc822"), R, "5.1.1", True)
    yield Case("report as plain text", dsn(ours, gone, status_type="text/plain"), R, "5.1.1", True)
    yield Case("CRLF", dsn(ours, gone).replace(b"\n", b"\r\n"), R, "5.1.1", True)
    yield Case("cut in the middle", dsn(ours, gone).split(b"5.1.1\n")[0] + b"5.1.1", R, "5.1.1", True)
    encoded = dsn(ours, gone).replace(
        b"Content-Type: text/plain\n", b"Content-Type: text/plain; charset=x-?\n"
    )
    yield Case("a charset nobody knows", encoded, R, "5.1.1", True)
    yield Case(
        "bytes that are no text", dsn(ours, gone).replace(b"could not", b"\xff\xfe\x00"), R, "5.1.1", True
    )
    failed = plain(
        ours, "x@x.test", "x", f"<r@x.test>: 550 5.1.1\n\n{returned(ours)}", "X-Failed-Recipients: r@x.test\n"
    )
    yield Case("header of failed recipients", failed, R, "5.1.1", True)
    away = plain(ours, "MAILER-DAEMON@x.test", "Away", "user unknown", "X-Autoreply: yes\n")
    yield Case("a robot's absence note", away, N)
    complaint = dsn(ours, "", status_type="message/feedback-report").replace(
        b"delivery-status", b"feedback-report"
    )
    yield Case("complaint", complaint.replace(b"Reporting-MTA", b"Feedback-Type: abuse\nReporting-MTA"), C)
    read = dsn(
        ours,
        "Disposition: automatic-action/MDN-sent; displayed\n",
        status_type="message/disposition-notification",
    )
    yield Case(
        "a receipt of reading",
        read.replace(b"report-type=delivery-status", b"report-type=disposition-notification"),
        N,
    )
    inside = dsn(ours, gone).decode()
    head = f"From: Friend <friend@x.test>\nTo: {ours.return_path}\nContent-Type: message/rfc822\n\n"
    letter = head + inside
    yield Case("a bounce that a person forwards", letter.encode(), N)
    yield Case("empty", b"", N)
    yield Case("nothing but noise", bytes(range(256)) * 8, N)
