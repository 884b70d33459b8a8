"""Where Strava posts: the path is the key, the handshake is answered only when we asked for it."""

from dataclasses import dataclass, field

import pytest

from service.errors import DatabaseUnavailable

SECRET = "s" * 40


@dataclass
class FakeIntake:
    """Takes everything; ``trouble`` is raised instead."""

    pending: str = ""
    taken: list[tuple[bytes, str | None]] = field(default_factory=list)
    trouble: Exception | None = None

    def opens(self, secret: str) -> bool:
        return secret == SECRET

    def expects(self, verify_token: str) -> bool:
        return bool(self.pending) and verify_token == self.pending

    def take(self, body: bytes, signature: str | None) -> None:
        if self.trouble:
            raise self.trouble
        self.taken.append((body, signature))


@pytest.fixture
def intake() -> FakeIntake:
    return FakeIntake()


@pytest.fixture
def client(build, intake):
    return build(intake=intake).browser().client


def shake(client, token: str = "token", mode: str = "subscribe", secret: str = SECRET):
    query = {"hub.mode": mode, "hub.challenge": "15f7d1a9", "hub.verify_token": token}
    return client.get(f"/webhook/{secret}", params=query)


def test_the_handshake_repeats_the_challenge(client, intake) -> None:
    """While a subscription is being made."""
    intake.pending = "token"
    answer = shake(client)
    assert (answer.status_code, answer.json()) == (200, {"hub.challenge": "15f7d1a9"})
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("pending", "given"),
    [
        ("", {}),  # nobody has asked Strava
        ("token", {"token": "STRAVA"}),  # stravalib's default
        ("token", {"token": ""}),
        ("token", {"mode": "unsubscribe"}),
        ("token", {"secret": "t" * 40}),  # another path
        ("token", {"secret": "s" * 400}),
    ],
)
def test_nothing_else_is_answered(client, intake, pending, given) -> None:
    """As if there were no such page."""
    intake.pending = pending
    assert shake(client, **given).status_code == 404


def test_an_event_is_taken_as_it_came(client, intake) -> None:
    """Bytes and signature, without a cookie or a form's guard."""
    answer = client.post(f"/webhook/{SECRET}", content=b'{"x": 1}', headers={"X-Strava-Signature": "t=1"})
    assert (answer.status_code, intake.taken) == (200, [(b'{"x": 1}', "t=1")])


def test_a_wrong_path_takes_nothing(client, intake) -> None:
    """Nor does the site without events."""
    assert client.post("/webhook/guessed", content=b"{}").status_code == 404
    assert intake.taken == []


def test_without_a_database_strava_is_to_try_again(client, intake) -> None:
    """What was not committed is not acknowledged."""
    intake.trouble = DatabaseUnavailable("the database is away")
    assert client.post(f"/webhook/{SECRET}", content=b"{}").status_code == 503


def test_a_book_is_not_read(client, intake) -> None:
    """Far beyond anything Strava sends."""
    assert client.post(f"/webhook/{SECRET}", content=b"x" * 100_000).status_code == 413
    assert intake.taken == []
