"""Bounces read: delivery status notifications (RFC 3464), complaints (RFC 5965), and what older servers send.

Anybody may send anything to the address that bounces go to. Reading never raises, runs nothing and believes
nothing; whose mail it is about is decided by who holds the keys (``store.bounces``).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from email import message_from_bytes
from email.message import Message as Mail
from email.utils import getaddresses, parseaddr

from service.domain.bounce import Bounce, Fate

MOST_BYTES = 1_000_000
"""Of one bounce; what stands behind it is our own mail, returned."""
DELIVERED_TO = ("To", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Delivered-To")
NAMES_US = ("Message-ID", "In-Reply-To", "References", "X-Original-Message-ID")
STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
REPLY = re.compile(r"(?<![\d.#-])([45]\d\d)(?=[ -]|$)")
MESSAGE_ID = re.compile(r"(?im)^(?:x-original-)?message-id:\s*(<[^<>\s]{1,480}>)")
ORIGINAL = re.compile(
    r"(?im)^[-\s*_=]*(?:below this line is a copy of the message|this is a copy of|copy of the message|"
    r"original message|undelivered message follows|message header follows|unsent message (?:follows|below))"
)
"""From here on an old server quotes our own mail, which must not be read as its reason."""
DAEMONS = frozenset({"mailer-daemon", "mailerdaemon", "mail-daemon", "postmaster", "mailer_daemon"})
OF_REPLY = {421: "4.3.2", 450: "4.2.0", 451: "4.3.0", 452: "4.2.2", 550: "5.0.0", 551: "5.1.6"} | {
    552: "5.2.2", 553: "5.1.3", 554: "5.0.0",
}  # fmt: skip
"""What an SMTP reply without an enhanced status code says (RFC 5321, 4.2.3)."""
PHRASES: Sequence[tuple[re.Pattern[str], str]] = (
    (re.compile(r"spam|(?:block|black) ?list|dnsbl|rbl|reputation|blocked|policy|dmarc|spf\b"), "5.7.0"),
    (re.compile(r"(?:mailbox|inbox|quota).{0,40}(?:full|exceeded|over)|over ?quota|out of storage"), "5.2.2"),
    (re.compile(r"too (?:large|big)|size limit"), "5.3.4"),
    (
        re.compile(
            r"(?:user|recipient|mailbox|account|address)\W{0,60}(?:\S+ ){0,6}?(?:unknown|not found|does ?n.t "
            r"exist|does not exist|not exist|disabled|inactive|no longer|rejected)|"
            r"(?:unknown|no such|invalid|unrouteable|not our) (?:\S+ )?(?:user|recipient|mailbox|address|"
            r"account|local part|customer)|no mailbox here|isn.t a valid|not a valid (?:user|mailbox)"
        ),
        "5.1.1",
    ),
    (re.compile(r"timed? ?out|too long|temporar|connection refused|retry time|expired|host not found|"
                r"name server|could ?n.t (?:find any host|establish)"), "4.4.7"),
)  # fmt: skip
"""Where there is no code, or one that says nothing, the words decide; the first that fits."""
STILL_TRYING = re.compile(
    r"warning message only|do not need to resend|will (?:be retried|continue to (?:try|retry)|keep trying)|"
    r"still trying|not yet been delivered|delivery (?:is|has been) delayed|delayed \d+ hours"
)


def read(raw: bytes) -> Bounce:
    """What one message says of a mail of ours."""
    try:
        mail = message_from_bytes(raw[:MOST_BYTES])
        fate, status = _judged(mail)
        return Bounce(fate, status, tuple(_addresses(mail)), tuple(_message_ids(mail)))
    except (RecursionError, LookupError, ValueError, TypeError, AttributeError):
        # The standard library's parser gives up on some malformed mails in one of these ways.
        return Bounce(Fate.NOTHING)


def _judged(mail: Mail) -> tuple[Fate, str]:
    if _part(mail, "message/feedback-report") is not None:
        return Fate.COMPLAINT, ""
    report = _part(mail, "message/delivery-status")
    if report is not None:
        return _of_report(_text(report))
    if mail.get_content_type() == "multipart/report" and _report_type(mail) == "delivery-status":
        return _of_report("\n\n".join(_text(part) for part in mail.walk() if not part.is_multipart()))
    if _from_a_server(mail):
        return _of_words(_first_words(mail))
    return Fate.NOTHING, ""


def _of_report(text: str) -> tuple[Fate, str]:
    """Of several recipients, who are one address of ours spread by a list, the worst fate counts."""
    fates = {"failed": Fate.RETURNED, "delayed": Fate.DELAYED}
    fates |= dict.fromkeys(("delivered", "relayed", "expanded"), Fate.ARRIVED)
    found: dict[Fate, str] = {}
    for block in _blocks(text):
        action = block.get("action", "").split(" ")[0].lower()
        status = _status(block)
        if not action and status:
            action = {"5": "failed", "4": "delayed", "2": "delivered"}[status[0]]
        if action in fates:
            found.setdefault(fates[action], status)
    for fate in (Fate.RETURNED, Fate.DELAYED, Fate.ARRIVED):
        if fate in found:
            return fate, found[fate]
    return Fate.NOTHING, ""


def _status(block: Mapping[str, str]) -> str:
    """The field, unless it says nothing (x.0.0) and the other server's own words say more."""
    field = STATUS.search(block.get("status", ""))
    status = field.group(1) if field else ""
    diagnostic = block.get("diagnostic-code", "")
    if not diagnostic or not (status == "" or status.endswith(".0.0")):
        return status
    said = _code(diagnostic)
    return said if said and (not status or said[0] == status[0]) else status


def _code(text: str) -> str:
    """The most telling code in a server's words; empty where they hold none and mean nothing to us."""
    plain = " ".join(text.lower().split())
    codes: list[str] = STATUS.findall(plain)
    telling = [code for code in codes if not code.endswith(".0.0") and code[0] != "2"]
    if telling:
        return telling[0]
    reply = REPLY.search(plain)
    coarse = (
        codes[0] if codes else OF_REPLY.get(int(reply.group(1)), f"{reply.group(1)[0]}.0.0") if reply else ""
    )
    for pattern, status in PHRASES:
        if (
            pattern.search(plain)
            and (not coarse or coarse[0] == status[0])
            and coarse in ("", "5.0.0", "4.0.0")
        ):
            return status
    return coarse


def _of_words(text: str) -> tuple[Fate, str]:
    """A server that writes to people: qmail, Exim, Exchange, and many that are older."""
    status = _code(text)
    if STILL_TRYING.search(" ".join(text.lower().split())):
        return Fate.DELAYED, status
    return (Fate.RETURNED, status) if status and status[0] != "2" else (Fate.NOTHING, "")


def _from_a_server(mail: Mail) -> bool:
    """Not a person, and not a person's absence note, which may name codes and come without a sender too."""
    if mail["X-Failed-Recipients"]:
        return True
    if mail["X-Autoreply"] or mail["X-Autorespond"] or _value(mail["Precedence"]) == "auto_reply":
        return False
    sender = parseaddr(str(mail["From"] or ""))[1].partition("@")[0].lower()
    return sender in DAEMONS


def _first_words(mail: Mail) -> str:
    for part in mail.walk():
        if part.get_content_type() == "message/rfc822":
            return ""
        if part.get_content_maintype() == "text":
            return ORIGINAL.split(_text(part), maxsplit=1)[0]
    return ""


def _addresses(mail: Mail) -> Iterator[str]:
    headers = [str(value) for name in DELIVERED_TO for value in mail.get_all(name, [])]
    report = _part(mail, "message/feedback-report")
    if report is not None:
        headers += [block.get("original-mail-from", "") for block in _blocks(_text(report))]
    for part in mail.walk():
        headers += [str(value) for value in part.get_all("Return-Path", [])]
    yield from dict.fromkeys(address for _, address in getaddresses(headers) if "@" in address)


def _message_ids(mail: Mail) -> Iterator[str]:
    found: list[str] = []
    for part in mail.walk():
        for name in NAMES_US:
            found += re.findall(r"<[^<>\s]{1,480}>", str(part[name] or ""))
        if part.get_content_maintype() == "text" or part.get_content_type() == "message/rfc822-headers":
            found += MESSAGE_ID.findall(_text(part))
    yield from dict.fromkeys(found)


def _part(mail: Mail, content_type: str) -> Mail | None:
    """The first part of that type which is not inside a mail that the bounce returns."""
    returned: set[int] = set()
    for part in mail.walk():
        if id(part) in returned:
            continue
        if part.get_content_type() == content_type:
            return part
        if part.get_content_type() == "message/rfc822":
            returned |= {id(inner) for inner in part.walk()}
    return None


def _report_type(mail: Mail) -> str:
    return _value(mail.get_param("report-type"))


def _value(header: object) -> str:
    return str(header or "").strip().lower()


def _blocks(text: str) -> Iterator[dict[str, str]]:
    """Groups of ``Name: value`` lines between empty lines, folded lines joined, names in small letters."""
    for group in re.split(r"\n\s*\n", text.replace("\r\n", "\n")):
        unfolded = re.sub(r"\n[ \t]+", " ", group)
        pairs = (line.partition(":") for line in unfolded.split("\n"))
        yield {name.strip().lower(): value.strip() for name, colon, value in pairs if colon}


def _text(part: Mail) -> str:
    """A part as text; the standard library parses the fields of a report into messages of their own."""
    payload = part.get_payload()
    if isinstance(payload, list):
        return "\n\n".join(
            "\n".join(f"{name}: {value}" for name, value in block.items()) + "\n\n" + _text(block)
            for block in payload
            if isinstance(block, Mail)
        )
    raw = part.get_payload(decode=True)
    if isinstance(raw, bytes):
        return raw.decode(_charset(part), errors="replace")
    return str(payload or "")


def _charset(part: Mail) -> str:
    name = _value(part.get_content_charset()) or "utf-8"
    return name if name in ("utf-8", "us-ascii", "iso-8859-1", "iso-8859-15", "windows-1252") else "utf-8"
