"""Events as they are posted: their shape, surprises, and the signature that may come with them."""

import hashlib
import hmac
import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.event import Aspect, Event, Seal, Subject
from service.strava.webhook import Surprise, parse, seal_of

NOW = datetime(2026, 3, 1, 9, 7, tzinfo=UTC)
EVENT = {
    "aspect_type": "update",
    "event_time": 1516126040,
    "object_id": 1360128428,
    "object_type": "activity",
    "owner_id": 134815,
    "subscription_id": 120475,
    "updates": {"title": "Messy"},
}
KEY = b"a signing key"


def body(**changes: object) -> bytes:
    return json.dumps(EVENT | changes).encode()


def test_an_event_as_documented() -> None:
    """The title is nowhere but in what is to be hashed, and does not show."""
    event = parse(body())
    assert event == Event(
        subscription_id=120475,
        owner_id=134815,
        subject=Subject.ACTIVITY,
        object_id=1360128428,
        aspect=Aspect.UPDATE,
        at=1516126040,
        updates='{"title": "Messy"}',
        title_only=True,
    )
    assert "Messy" not in repr(event)


@pytest.mark.parametrize(
    ("changes", "withdrawn", "title_only"),
    [
        ({"object_type": "athlete", "updates": {"authorized": "false"}}, True, False),  # as documented
        ({"object_type": "athlete", "aspect_type": "delete", "updates": {}}, True, False),  # as seen
        ({"object_type": "athlete", "updates": {"authorized": False}}, True, False),  # a real boolean
        ({"object_type": "athlete", "updates": {"authorized": "true"}}, False, False),
        ({"updates": {"authorized": "false"}}, False, False),  # an activity withdraws nothing
        ({"aspect_type": "delete", "updates": None}, False, False),
        ({"updates": {"title": "x", "private": "true"}}, False, False),  # more than the title
        ({"new_field": 1}, False, True),  # Strava may add fields
    ],
)
def test_what_an_event_means(changes: dict[str, object], withdrawn: bool, title_only: bool) -> None:
    """Both forms of a withdrawal; a title alone is nothing of ours."""
    event = parse(body(**changes))
    assert (event.withdrawn, event.title_only) == (withdrawn, title_only)


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"", "not_an_object"),
        (b"[]", "not_an_object"),
        (b"\xff\xfe", "not_an_object"),  # not even text
        (b"[" * 3000, "not_an_object"),  # deep
        (body(updates={"title": "x" * 5000}), "too_large"),
        (body(object_type="club"), "object_type"),
        (body(object_type=["activity"]), "object_type"),
        (body(aspect_type="explode"), "aspect_type"),
        (body(object_id="7"), "object_id"),  # a string
        (body(object_id=True), "object_id"),
        (body(object_id=2**63), "object_id"),  # more than a column holds
        (body(owner_id=0), "owner_id"),
        (body(event_time=10**12), "event_time"),  # milliseconds
        (body(event_time=1.5), "event_time"),
        (body(subscription_id=None), "subscription_id"),
        (body(updates=[]), "updates"),
        (body(updates={str(n): n for n in range(30)}), "updates"),
    ],
)
def test_surprises_have_a_name(sent: bytes, reason: str) -> None:
    """It is counted; nothing of the body is in it."""
    with pytest.raises(Surprise) as surprise:
        parse(sent)
    assert surprise.value.reason == reason


@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(
        lambda value: json.dumps({**EVENT, "updates": value, "object_id": value}).encode()
    )
)
def test_nothing_else_is_ever_raised(sent: bytes) -> None:
    """Whatever is posted."""
    with suppress(Surprise):
        assert parse(sent).object_id > 0


def signed(at: int, sent: bytes, key: bytes = KEY) -> str:
    made = hmac.new(key, f"{at}.".encode() + sent, hashlib.sha256).hexdigest()
    return f"t={at},v1={made}"


SENT = int(NOW.timestamp())


@pytest.mark.parametrize(
    ("header", "key", "seal"),
    [
        (None, KEY, Seal.ABSENT),
        ("", KEY, Seal.ABSENT),
        (signed(SENT, body()), KEY, Seal.VALID),
        (signed(SENT - 299, body()).replace(",", ", "), KEY, Seal.VALID),  # blanks
        (signed(SENT - 301, body()), KEY, Seal.STALE),  # replayed later
        (signed(SENT + 301, body()), KEY, Seal.STALE),
        (signed(SENT, body(), b"other"), KEY, Seal.WRONG),
        (signed(SENT, body(object_id=9)), KEY, Seal.WRONG),  # of another body
        (signed(SENT, body()).replace("t=", "t=1"), KEY, Seal.WRONG),
        ("t=,v1=", KEY, Seal.WRONG),
        ("nonsense", KEY, Seal.WRONG),
        ("t=٣,v1=ü", KEY, Seal.WRONG),  # digits, but not ASCII
        (signed(SENT, body()), b"", Seal.UNCHECKED),  # no key: only its presence can be told
    ],
)
def test_seals(header: str | None, key: bytes, seal: Seal) -> None:
    """HMAC-SHA256 of time and body, not older than five minutes."""
    assert seal_of(header, body(), key, NOW) is seal
