"""A Maildir holds each message once, whole, and only after the hand-over."""

import mailbox as standard_mailbox
from pathlib import Path

import pytest

from service.errors import MailDeferred, MailInDoubt, MailRefused
from service.notify.mailer import Envelope, Maildir

LETTER = Envelope(
    "bounces@a.test", "runner@b.test", "<1@a.test>", b"Message-ID: <1@a.test>\r\n\r\nHello.\r\n"
)


def nothing() -> None:
    """A hand-over that always succeeds."""


def files(folder: Path) -> dict[str, int]:
    return {part: len(list((folder / part).iterdir())) for part in ("tmp", "new", "cur")}


def test_any_mail_reader_can_open_it(tmp_path: Path) -> None:
    """Read back with the standard library's Maildir."""
    Maildir(tmp_path / "mail").deliver(LETTER, nothing)

    (message,) = standard_mailbox.Maildir(str(tmp_path / "mail"))
    assert {"Message-ID": "<1@a.test>", "Delivered-To": "runner@b.test"}.items() <= dict(
        message.items()
    ).items()
    assert message.get_payload() == "Hello.\n"


def test_the_same_message_id_is_there_once(tmp_path: Path) -> None:
    """Tried again after a crash, or after the reader moved it to ``cur``: still one."""
    mail = Maildir(tmp_path)
    handed: list[int] = []
    for attempt in range(2):
        mail.deliver(LETTER, lambda attempt=attempt: handed.append(attempt))
    assert files(tmp_path) == {"tmp": 0, "new": 1, "cur": 0}

    (unread,) = (tmp_path / "new").iterdir()
    unread.rename(tmp_path / "cur" / f"{unread.name}:2,S")
    mail.deliver(LETTER, nothing)

    assert files(tmp_path) == {"tmp": 0, "new": 0, "cur": 1}
    assert handed == [0, 1]


def test_nothing_is_published_before_the_hand_over(tmp_path: Path) -> None:
    """At the hand-over the message is complete on disk, but not in the mailbox."""
    seen: list[dict[str, int]] = []

    Maildir(tmp_path).deliver(LETTER, lambda: seen.append(files(tmp_path)))

    assert seen == [{"tmp": 1, "new": 0, "cur": 0}]


def test_a_hand_over_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """The error is the database's own and the folder stays clean."""

    class DatabaseGone(Exception):
        pass

    def fail() -> None:
        raise DatabaseGone

    with pytest.raises(DatabaseGone):
        Maildir(tmp_path).deliver(LETTER, fail)

    assert files(tmp_path) == {"tmp": 0, "new": 0, "cur": 0}


def test_a_folder_that_cannot_be_written_is_tried_later(tmp_path: Path) -> None:
    """A full disk or a wrong owner is the operator's to mend."""
    (tmp_path / "mail").write_text("a file in the way")

    with pytest.raises(MailDeferred, match=r"mail cannot be written .*: check its owner"):
        Maildir(tmp_path / "mail").deliver(LETTER, nothing)


def test_trouble_after_the_hand_over_is_a_doubt(tmp_path: Path) -> None:
    """As with a mail server: what was handed over is never sent again."""

    def folder_vanishes() -> None:
        (tmp_path / "new").rmdir()

    with pytest.raises(MailInDoubt, match="new failed"):
        Maildir(tmp_path).deliver(LETTER, folder_vanishes)


def test_addresses_are_checked_here_too(tmp_path: Path) -> None:
    """Both ways out refuse the same."""
    with pytest.raises(MailRefused):
        Maildir(tmp_path).deliver(Envelope("a@a.test", "b@b.test\nX: y", "<1@a.test>", b""), nothing)
