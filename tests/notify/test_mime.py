"""Header and MIME lint: what leaves is well-formed, whole and carries no foreign text in its headers."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import SMTP
from email.utils import format_datetime
from typing import cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from service.domain.message import Message
from service.domain.night import MailKind
from service.errors import MailRefused
from service.notify.envelope import Envelope
from service.notify.mime import envelope
from tests.notify import athletes, samples

NOW = datetime(2026, 3, 2, 4, 31, tzinfo=UTC)
PLAIN = Message(
    MailKind.WARNING, date(2026, 3, 2), "Heavy legs", "läuft\n.\n", "<p>läuft</p>", "https://a.test/u/1"
)


def packed(message: Message = PLAIN, **changes: str) -> Envelope:
    fields = {"sender": "freshlegs <mail@a.test>", "recipient": "x@b.test", "message_id": "<1@a.test>"}
    return envelope(message, now=NOW, **(fields | changes))


def parsed(packet: Envelope) -> EmailMessage:
    return cast(EmailMessage, message_from_bytes(packet.content, policy=SMTP))


OURS = {
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
}


def violations(packet: Envelope, message: Message) -> list[str]:
    """What is wrong with a packed message, rule by rule (RFC 5322, 2045, 2387, 8058)."""
    found = []
    if re.search(rb"(?<!\r)\n|\r(?!\n)", packet.content):
        found.append("bare line feed or carriage return")
    if max(map(len, packet.content.split(b"\r\n"))) > 998:
        found.append("long line")
    if not packet.content.isascii():
        found.append("not ASCII on the wire")
    mail = BytesHeaderParser(policy=SMTP).parsebytes(packet.content)
    wanted = OURS | ({"List-Unsubscribe", "List-Unsubscribe-Post"} if message.unsubscribe_url else set())
    if set(mail.keys()) != wanted or len(mail.keys()) != len(wanted):
        found.append(f"headers are {sorted(mail.keys())}")
    if f"\r\nDate: {format_datetime(mail['Date'].datetime)}\r\n".encode() not in packet.content:
        found.append("date says another weekday than it is")
    if mail["Subject"] != message.subject:
        found.append("subject")
    if message.unsubscribe_url and mail["List-Unsubscribe"] != f"<{message.unsubscribe_url}>":
        found.append("unsubscribe link")
    tree = list(message_from_bytes(packet.content).walk())
    found += [f"defect {defect!r}" for part in tree for defect in part.defects]
    parts = [part for part in tree if not part.is_multipart()]
    kinds = ["text/plain", "text/html"] + (["image/png"] if message.chart_png else [])
    if [part.get_content_type() for part in parts] != kinds:
        return [*found, f"parts are {[part.get_content_type() for part in parts]}"]
    contents = [part.get_payload(decode=True) for part in parts]
    if contents[0].splitlines() != message.text.encode().splitlines():
        found.append("text is not what was written")
    if contents[1].splitlines() != message.html.encode().splitlines():
        found.append("html is not what was written")
    if message.chart_png and contents[2] != message.chart_png:
        found.append("picture is not what was drawn")
    return found


def test_headers_are_the_agreed_ones() -> None:
    """One recipient, a fixed id, one-click unsubscribe, and no invitation to reply by machine."""
    mail = parsed(packed())

    assert {name: str(value) for name, value in mail.items() if not name.startswith(("Content", "MIME"))} == {
        "From": "freshlegs <mail@a.test>",
        "To": "x@b.test",
        "Subject": "Heavy legs",
        "Date": "Mon, 02 Mar 2026 04:31:00 +0000",
        "Message-ID": "<1@a.test>",
        "Auto-Submitted": "auto-generated",
        "List-Unsubscribe": "<https://a.test/u/1>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def test_plain_text_comes_first_and_both_parts_are_whole() -> None:
    """multipart/alternative, quoted-printable, UTF-8."""
    mail = parsed(packed())
    text, html = mail.iter_parts()

    assert mail.get_content_type() == "multipart/alternative"
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert text.get_content() == "läuft\r\n.\r\n"
    assert html.get_content() == "<p>läuft</p>\r\n"


def test_every_attempt_has_the_same_bytes() -> None:
    """So a provider that saw the first attempt knows the second."""
    assert packed() == packed()


def test_a_long_unsubscribe_link_stays_one_link() -> None:
    """Python would fold it into encoded words that no mail program can follow."""
    url = "https://freshlegs.example.org/unsubscribe/" + "Aa1-_" * 60

    assert (
        f"\r\nList-Unsubscribe: <{url}>\r\n".encode() in packed(replace(PLAIN, unsubscribe_url=url)).content
    )


def test_what_cannot_be_switched_off_has_no_switch() -> None:
    """A confirmation is asked for once; nothing to unsubscribe from."""
    assert b"List-Unsubscribe" not in packed(replace(PLAIN, unsubscribe_url=None)).content


def test_bounces_may_go_elsewhere() -> None:
    """The envelope's sender is the return path, the header's is ours."""
    packet = packed(return_path="bounces+1@a.test")

    assert (packet.sender, parsed(packet)["From"].addresses[0].addr_spec) == (
        "bounces+1@a.test",
        "mail@a.test",
    )
    assert packed().sender == "mail@a.test"


@pytest.mark.parametrize(
    ("match", "message", "changes"),
    [
        # a second header behind the subject
        ("not one plain line", replace(PLAIN, subject="Hi\r\nBcc: all@b.test"), {}),
        # an unsubscribe link that is none, or that ends its header
        ("List-Unsubscribe", replace(PLAIN, unsubscribe_url="mailto:x@a.test"), {}),
        ("List-Unsubscribe", replace(PLAIN, unsubscribe_url="https://a.test/>\r\nX: y"), {}),
        # an id without brackets, or with another header behind it
        ("Message-ID", PLAIN, {"message_id": "1@a.test"}),
        ("Message-ID", PLAIN, {"message_id": "<1@a.test>\r\nX: y"}),
        # addresses
        ("recipient's address", PLAIN, {"recipient": "x@b.test\r\nBcc: all@b.test"}),
        ("recipient's address", PLAIN, {"recipient": "x@b.test, all@b.test"}),
        ("recipient's address", PLAIN, {"recipient": "y x@b.test"}),
        ("sender's address", PLAIN, {"sender": "nobody"}),
        ("sender's address", PLAIN, {"return_path": "bounces"}),
        # an address that a command line would carry and a header would not
        ("not one plain line", PLAIN, {"recipient": "a@b@c.test"}),
    ],
)
def test_nothing_can_add_a_header(match: str, message: Message, changes: dict[str, str]) -> None:
    """Refused for good, and said without the address."""
    with pytest.raises(MailRefused, match=match) as caught:
        packed(message, **changes)

    assert "b.test" not in str(caught.value)


@settings(max_examples=50, deadline=None)
@given(subject=st.text(min_size=1, max_size=120), text=st.text(max_size=400), html=st.text(max_size=400))
@example(subject="\n", text="", html="")
def test_whatever_is_written_the_mail_is_well_formed(subject: str, text: str, html: str) -> None:
    """Lines end in CRLF and hold at most 998 bytes; the headers are ours whatever stands in the message."""
    message = replace(PLAIN, subject=subject, text=text, html=html)
    try:
        packet = packed(message)
    except MailRefused:
        return

    lines = packet.content.split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", packet.content)
    assert packet.content.isascii()
    ours = {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"}
    assert set(parsed(packet).keys()) == ours | {"List-Unsubscribe", "List-Unsubscribe-Post"}


def test_every_mail_there_is_passes_the_lint() -> None:
    """All templates: parsable without defects, text and HTML come back as written."""
    for message in (samples.every_warning() | samples.service_mails() | samples.letters()).values():
        assert violations(packed(message), message) == []


def test_a_picture_travels_beside_its_html() -> None:
    """multipart/related within the alternative: who shows no pictures still has both texts."""
    message = replace(PLAIN, html='<p><img src="cid:chart@freshlegs" alt="Chart"></p>', chart_png=b"\x89PNG")
    mail = parsed(packed(message))
    text, related = mail.iter_parts()
    html, png = related.iter_parts()
    assert (related.get_content_type(), html.get_content_type()) == ("multipart/related", "text/html")
    assert (png["Content-ID"], png.get_content_type()) == ("<chart@freshlegs>", "image/png")
    assert png.get_content() == b"\x89PNG"
    assert text.get_content_type() == "text/plain"
    assert packed(message) == packed(message)
    assert violations(packed(message), message) == []


@pytest.mark.parametrize("first", range(0, 200, 10))
def test_two_hundred_athletes_get_well_formed_mails(first: int) -> None:
    """Every template for made-up athletes with odd numbers, both units, any level, gaps in their weeks. One
    of ten gets the mails too that hold nothing of theirs but a link or a date."""
    found = []
    for seed in range(first, first + 10):
        for name, message in athletes.mails(seed).items():
            if seed > first and name in ("confirm_address", "reconnect", "erased"):
                continue
            packet = packed(message, message_id=f"<{seed}.{name}@a.test>")
            found += [f"{seed} {name}: {each}" for each in violations(packet, message)]
    assert found == []


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda raw: raw.replace(b"\r\n", b"\n", 1), "bare line feed"),
        (lambda raw: raw.replace(b"Subject: ", b"X-Odd: "), "headers"),
        (lambda raw: raw.replace(b"=C3=A4", b"=C3"), "text"),
        (lambda raw: raw.replace(b"text/plain", b"text/enriched"), "parts"),
        (lambda raw: raw + b"x" * 1200, "long line"),
        (lambda raw: raw.replace(b"Date: Mon", b"Date: Sun"), "date"),
    ],
)
def test_the_lint_would_notice(spoil: Callable[[bytes], bytes], said: str) -> None:
    """Each rule can fail."""
    packet = packed()
    spoilt = replace(packet, content=spoil(packet.content))
    assert any(said in each for each in violations(spoilt, PLAIN))
