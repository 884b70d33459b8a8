"""Tokens: one renewal at a time, and the new pair is kept before anyone uses it."""

import threading
from datetime import timedelta

import pytest

from service.domain.athlete import AthleteState
from service.domain.night import MailKind
from service.errors import StravaUnavailable, TokenDead
from service.jobs.tokens import access_token, lost, prove, with_token
from tests.apps import again, connect

STEADY = 7000001
NEARLY_OVER = timedelta(hours=5, minutes=30)
"""Strava renews only in the last of six hours."""


@pytest.fixture
def athlete(live, strava):
    return connect(live, strava, STEADY)


@pytest.fixture
def ending(athlete, strava, clock):
    """The athlete, half an hour before the access token ends."""
    strava.set_now(clock.move_to(clock.now() + NEARLY_OVER))
    return athlete


def held(app, athlete):
    with app.store.transaction() as tx:
        return tx.tokens.get(athlete.id)


def test_a_fresh_token_is_used_as_it_is(live, strava, athlete):
    """No call to Strava."""
    assert access_token(live, athlete.id) == held(live, athlete).access_token
    assert strava.ledger() == []


def test_a_renewed_pair_is_committed_before_it_is_used(live, strava, ending):
    """The old refresh token is dead the moment Strava answers: a crash from here on must not lose the new."""
    before = held(live, ending)
    seen = []

    def call(token):
        seen.append(held(live, ending).access_token == token)  # from another transaction
        return token

    assert with_token(live, ending.id, call) != before.access_token
    assert seen == [True]
    assert held(live, ending).refresh_token != before.refresh_token


def test_two_at_once_renew_once(live, strava, ending):
    """The second waits for the row, looks again, and finds the pair of the first."""
    start = threading.Barrier(2)
    found = []

    def renew():
        start.wait(5)
        found.append(access_token(live, ending.id))

    threads = [threading.Thread(target=renew) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert found == [held(live, ending).access_token] * 2
    assert strava.counters() == {"refresh_rotated": 1}


def test_without_an_answer_nothing_is_changed(live, strava, ending):
    """Strava never got the call: the pair is good for another try."""
    before = held(live, ending)
    strava.fault(path="/oauth/token", calls=[1], drop="before")
    with pytest.raises(StravaUnavailable):
        access_token(live, ending.id)
    assert held(live, ending) == before
    assert access_token(live, ending.id) == held(live, ending).access_token


def test_a_rotation_whose_answer_is_lost_ends_in_a_question(live, strava, ending):
    """Nobody knows the new pair, so the next renewal says that the grant is gone; reuse is seen by Strava."""
    strava.fault(path="/oauth/token", calls=[1], drop="after")
    with pytest.raises(StravaUnavailable):
        access_token(live, ending.id)
    for _ in range(3):
        with pytest.raises(TokenDead):
            access_token(live, ending.id)
    assert strava.counters()["refresh_reuse"] == 1  # whoever waited for the row does not try it again


def test_a_dead_pair_is_not_proved_twice(live, strava, athlete):
    """Two events of one withdrawal, read at the same time, cost one refused renewal."""
    strava.revoke(STEADY)
    for _ in range(2):
        with pytest.raises(TokenDead):
            prove(live, athlete.id)
    assert held(live, athlete) is None
    assert strava.counters()["refresh_refused"] == 1


def test_a_call_refused_twice_is_final(live, athlete):
    """Renewed once, and no more."""
    tried = []

    def call(token):
        tried.append(token)
        raise TokenDead("Strava answered 401")

    with pytest.raises(TokenDead):
        with_token(live, athlete.id, call)
    assert len(tried) == 2


def test_without_tokens_there_is_nothing_to_try(live, athlete, strava):
    """An athlete whose grant was removed has to consent again."""
    with live.store.transaction() as tx:
        tx.connection.exec_driver_sql("DELETE FROM token")
    with pytest.raises(TokenDead, match="connect again"):
        access_token(live, athlete.id)
    assert strava.ledger() == []


def test_a_lost_connection_is_told_once(live, athlete):
    """One state, one mail, however many workers find out."""
    lost(live, athlete.id)
    lost(live, athlete.id)
    assert again(live, athlete).state is AthleteState.NEEDS_RECONNECT
    with live.store.transaction() as tx:
        assert [mail.kind for mail in tx.mailbox.many()] == [MailKind.RECONNECT]
