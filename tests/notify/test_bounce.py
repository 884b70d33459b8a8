"""Bounces: every form is read for what it says, and nothing that is posted can make reading fail."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.domain.bounce import Fate, is_hard
from service.notify.bounce import read
from tests.notify.bounces import MESSAGE_ID, RETURN_PATH, Case, corpus

CASES = list(corpus())


def test_the_corpus_is_large() -> None:
    """Sixty and more, no two alike."""
    assert len({case.raw for case in CASES}) == len(CASES) >= 60


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_form_is_read(case: Case) -> None:
    """What became of the mail, the code, and whether the address is gone."""
    found = read(case.raw)
    hard = found.fate is Fate.RETURNED and is_hard(found.status)
    assert (found.fate, found.status, hard) == (case.fate, case.status, case.hard)


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.fate is not Fate.NOTHING], ids=lambda c: c.name
)
def test_a_bounce_names_its_mail_twice(case: Case) -> None:
    """By the address it came to and by the Message-ID it quotes."""
    found = read(case.raw)
    assert RETURN_PATH in found.addresses
    assert MESSAGE_ID in found.message_ids or case.name == "cut in the middle"


@given(st.integers(0, len(CASES) - 1), st.integers(0, 2**32))
@settings(max_examples=300, deadline=None)
def test_no_mutation_makes_reading_fail(which: int, seed: int) -> None:
    """Bytes flipped, cut, doubled and moved."""
    dice, raw = random.Random(seed), bytearray(CASES[which].raw or b"x")
    for _ in range(dice.randint(1, 12)):
        at, to = sorted((dice.randrange(len(raw) + 1), dice.randrange(len(raw) + 1)))
        kind = dice.randrange(3)
        raw[at:to] = [dice.randbytes(3), raw[at:to] * 2, b""][kind] if to - at < 4000 else b"\n\n"
    assert read(bytes(raw)).fate in Fate


@given(st.binary(max_size=2000))
@settings(max_examples=200, deadline=None)
def test_no_noise_makes_reading_fail(noise: bytes) -> None:
    """Anything may be posted."""
    assert read(noise).fate in Fate
    assert (
        read(b"From: MAILER-DAEMON@x.test\nContent-Type: multipart/report; boundary=b\n\n" + noise).fate
        in Fate
    )


def test_a_thousand_boxes_in_boxes_are_no_bounce() -> None:
    """Deeper than any reader goes."""
    inner = b"x"
    for depth in range(1000):
        line = f"Content-Type: multipart/mixed; boundary=b{depth}\n\n--b{depth}\n".encode()
        inner = line + inner + f"\n--b{depth}--\n".encode()
    assert read(b"From: MAILER-DAEMON@x.test\n" + inner).fate is Fate.NOTHING


def test_ten_megabytes_take_no_longer_than_one() -> None:
    """What stands behind the first megabyte is not read."""
    report = CASES[0].raw
    assert read(report + b"x" * 10_000_000) == read((report + b"x" * 10_000_000)[:1_000_000])
