"""Events: taken before they are acknowledged, looked into once, and believed only when read."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from service.domain.athlete import AthleteState
from service.domain.event import Seal
from service.jobs import events as events_of
from service.jobs.clock import due_events
from service.jobs.events import LOOK_AGAIN_AFTER, READS_AN_HOUR, hear
from service.jobs.intake import Intake
from service.jobs.sync import deepen, sync
from service.settings import Settings
from service.store.inbox import Outcome
from tests.apps import again, connect
from tests.jobs.test_sync import DAY, claimed_sync, kept, pass_
from tests.posts import STEADY, SUBSCRIPTION, posted


def withdrawal(**changes):
    given = {"object_id": STEADY, "aspect": "update", "object_type": "athlete"}
    return posted(**given | {"updates": {"authorized": "false"}} | changes)


def told(app):
    """Events by what became of them, and surprises by reason."""
    with app.store.transaction() as tx:
        return tx.inbox.counts(), tx.inbox.surprises(app.now().date())


def outcomes(app):
    return told(app)[0]


@pytest.fixture
def athlete(live, strava):
    """Connected, listed, and from now on only events are heard of."""
    athlete = connect(live, strava, STEADY)
    claimed_sync(live, athlete)
    with live.store.transaction() as tx:
        tx.subscription.made(SUBSCRIPTION, live.now())
    strava.clear_ledger()
    return athlete


@pytest.fixture
def post(live, athlete):
    """Post one event."""

    def posted(body, signature=None):
        Intake(live).take(body, signature)

    return posted


def listen(app, athlete):
    """As the clock asks for it."""
    due_events(app)
    assert app.queue.of("hear")[-1:] == [athlete.id]
    hear(app, [str(athlete.id)])


class TestIntake:
    def test_the_same_event_is_kept_once(self, live, post):
        """Strava sends again what we may have acknowledged too late."""
        for _ in range(3):
            post(posted(1))
        post(posted(1, "update", updates={"private": "true"}))
        assert outcomes(live) == {"waiting": 2}

    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            (b"{}", "object_type"),  # no event
            (posted(1, owner=99), "unknown_owner"),  # nobody we know
            (posted(1, subscription_id=1), "other_subscription"),  # not the one we made
            (withdrawal(object_id=5), "object_id"),  # an owner who speaks for another
        ],
    )
    def test_what_is_not_for_us_is_counted(self, live, post, body, reason):
        """And answered as if it were."""
        post(body)
        post(body)
        assert told(live) == ({}, {reason: 2})

    def test_who_has_left_is_unknown(self, live, post, athlete):
        """Nothing may bring them back."""
        with live.store.transaction() as tx:
            tx.athletes.disconnect(athlete.id)
        post(posted(1))
        assert told(live) == ({}, {"unknown_owner": 1})

    @pytest.mark.parametrize(
        ("mode", "signature", "found"),
        [
            ("off", "t=1,v1=00", {"waiting": 1}),
            ("observe", None, {"waiting": 1}),
            ("observe", "t=1,v1=00", {"waiting": 1}),
            ("require", None, {}),
            ("require", "t=1,v1=00", {}),
        ],
    )
    def test_signatures(self, live, athlete, mode, signature, found):
        """Required, observed, or not looked at."""
        settings = Settings(_env_file=None, webhook_signature=mode, webhook_signing_key="key" * 9)
        Intake(replace(live, settings=settings)).take(posted(1), signature)
        assert outcomes(live) == found

    def test_titles_are_not_kept(self, live, post):
        """What was updated is there as a keyed hash."""
        post(posted(1, "update", updates={"title": "canary-title"}))
        with live.store.transaction() as tx:
            (row,) = tx.connection.exec_driver_sql("SELECT inbox::text, seal FROM inbox").all()
        assert "canary" not in row[0]
        assert row.seal == Seal.ABSENT

    def test_the_path_is_secret_and_stays(self, live):
        """256 bits that follow from the keyring, or what the operator has set."""
        intake = Intake(live)
        assert len(intake.secret) == 64
        assert intake.opens(Intake(live).secret)
        assert not intake.opens(intake.secret[:-1] + "x")
        assert intake.callback_url.endswith(f"/webhook/{intake.secret}")


class TestLook:
    def test_a_new_session_costs_one_read_however_often_it_is_told(self, live, strava, athlete, post):
        """Its detail: no list, and no other call."""
        row = strava.insert(STEADY, distance=5000.0)
        post(posted(row["id"]))
        post(posted(row["id"], "update", updates={"private": "false"}))
        post(posted(row["id"], "update", updates={"type": "Run"}, at=1772348401))
        listen(live, athlete)
        assert kept(live, athlete)[str(row["id"])].distance_m == 5000.0
        assert len(strava.ledger()) == 1
        assert outcomes(live) == {Outcome.READ: 3}

    def test_what_it_tells_is_packed_for_the_night_ahead(self, live, strava, athlete, post):
        """Hours before it is due, and without an attempt on its account."""
        post(posted(strava.insert(STEADY)["id"]))
        listen(live, athlete)
        with live.store.transaction() as tx:
            assert tx.diaries.of_many([athlete.id], live.now() - 700 * DAY)[athlete.id].sessions.true
            assert tx.parking.tried_before([athlete.id]) == []

    def test_what_cannot_be_packed_is_left_to_the_night(self, live, strava, athlete, post, events):
        """It is said, and it is no worker's death: the night is nobody's suspect."""
        with live.store.transaction() as tx:
            tx.connection.exec_driver_sql("UPDATE activity SET splits = '[{}]'")
        post(posted(strava.insert(STEADY)["id"]))
        listen(live, athlete)
        assert "diary_not_packed" in [event["event"] for event in events]
        with live.store.transaction() as tx:
            assert tx.parking.tried_before([athlete.id]) == []

    def test_a_new_title_costs_nothing(self, live, strava, athlete, post):
        """No title is kept."""
        post(posted(strava.activities(STEADY)[0]["id"], "update", updates={"title": "x"}))
        listen(live, athlete)
        assert (outcomes(live), strava.ledger()) == ({Outcome.NOTHING_OF_OURS: 1}, [])

    def test_what_cannot_be_read_yet_is_tried_again(self, live, strava, athlete, post, clock):
        """At growing distances; then the list will have it."""
        row = strava.insert(STEADY)
        strava.fault(path="/activities/", calls=[1, 2], status=404, body="")
        post(posted(row["id"]))
        for wait in LOOK_AGAIN_AFTER[:2]:
            listen(live, athlete)
            assert outcomes(live) == {"waiting": 1}
            hear(live, [str(athlete.id)])
            pass_(live, strava, clock, wait)
        listen(live, athlete)
        assert outcomes(live) == {Outcome.READ: 1}
        assert len(strava.ledger()) == 3

    def test_what_is_never_there_costs_five_reads(self, live, strava, athlete, post, clock):
        """A forged id, for instance."""
        post(posted(404404))
        for wait in (*LOOK_AGAIN_AFTER, timedelta(0)):
            listen(live, athlete)
            pass_(live, strava, clock, wait)
        assert outcomes(live) == {Outcome.LEFT_TO_LIST: 1}
        assert len(strava.ledger()) == len(LOOK_AGAIN_AFTER) + 1

    def test_a_deletion_is_believed_when_it_is_seen(self, live, strava, athlete, post):
        """404, and the row goes."""
        newest = strava.activities(STEADY)[0]["id"]
        strava.delete(newest)
        post(posted(newest, "delete"))
        listen(live, athlete)
        assert str(newest) not in kept(live, athlete)
        assert outcomes(live) == {Outcome.REMOVED: 1}

    def test_a_deletion_hides_until_it_is_proved(self, live, strava, athlete, post, clock):
        """Strava is down: the session is shown to nobody, and back when it turns out to be there."""
        newest = str(strava.activities(STEADY)[0]["id"])
        strava.fault(path="/activities/", calls=[1], status=503)
        post(posted(int(newest), "delete"))
        listen(live, athlete)
        assert newest not in kept(live, athlete)
        pass_(live, strava, clock, timedelta(minutes=10))
        listen(live, athlete)
        assert newest in kept(live, athlete)
        assert outcomes(live) == {Outcome.NOT_TRUE: 1}

    def test_a_session_that_is_hidden_from_us_goes(self, live, strava, clock):
        """Who shares no private sessions and makes one private: Strava says it is deleted."""
        athlete = connect(live, strava, STEADY, scopes=["read", "activity:read"])
        claimed_sync(live, athlete)
        with live.store.transaction() as tx:
            tx.subscription.made(SUBSCRIPTION, live.now())
        newest = next(row for row in strava.activities(STEADY) if not row["private"])["id"]
        strava.hide(newest)
        Intake(live).take(posted(newest, "delete"), None)
        listen(live, athlete)
        assert str(newest) not in kept(live, athlete)

    def test_somebody_else_s_session_is_not_taken_for_theirs(self, live, strava, athlete, post):
        """Strava shows a public session to any token; an event must not bring it into another's history."""
        row = strava.activities(STEADY)[0]
        body = json.dumps(row | {"id": 4711, "athlete": {"id": 1}})
        strava.fault(path="/activities/4711", chance=1.0, status=200, body=body)
        post(posted(4711))
        listen(live, athlete)
        assert "4711" not in kept(live, athlete)
        assert outcomes(live) == {Outcome.NOT_THEIRS: 1}

    def test_many_at_once_are_left_to_one_list(self, live, strava, athlete, post):
        """An archive of years moved to Strava: 50 sessions, one call."""
        rows = [strava.insert(STEADY, distance=1000.0 + n) for n in range(50)]
        for row in rows:
            post(posted(row["id"]))
        listen(live, athlete)
        claimed_sync(live, athlete)
        assert {str(row["id"]) for row in rows} <= set(kept(live, athlete))
        assert len(strava.ledger(path="/athlete/activities")) == 1
        assert outcomes(live) == {Outcome.LEFT_TO_LIST: 50}

    def test_forged_events_cost_a_bounded_number_of_calls(self, live, strava, athlete, post, clock):
        """So many reads an hour, and one list."""
        for number in range(60):
            post(posted(10_000 + number))
            listen(live, athlete)
        calls = strava.ledger()
        assert sum("/activities/" in call["path"] for call in calls) == READS_AN_HOUR
        with live.store.transaction() as tx:
            claimed = tx.athletes.claim_due_syncs(live.now(), 10)
        assert claimed == [athlete.id]
        sync(live, [str(athlete.id)])
        post(posted(99_999))
        listen(live, athlete)
        with live.store.transaction() as tx:
            assert tx.athletes.claim_due_syncs(live.now(), 10) == []

    def test_everybody_together_has_a_bound_too(self, live, strava, athlete, post, monkeypatch):
        """Beyond it events wait."""
        monkeypatch.setattr(events_of, "ALL_READS_AN_HOUR", 1)
        for number in (1, 2):
            post(posted(number))
        listen(live, athlete)
        assert len(strava.ledger()) == 1
        assert outcomes(live) == {"waiting": 2}

    def test_without_quota_they_wait_for_the_window(self, live, strava, athlete, post, clock):
        """Nothing is lost, and the attempt does not count."""
        row = strava.insert(STEADY)
        strava.fault(path="/activities/", calls=[1], status=429, body="{}")
        post(posted(row["id"]))
        listen(live, athlete)
        assert outcomes(live) == {"waiting": 1}
        pass_(live, strava, clock, timedelta(minutes=16))
        listen(live, athlete)
        assert outcomes(live) == {Outcome.READ: 1}

    def test_a_dead_grant_is_told_once(self, live, strava, athlete, post):
        """As with a list."""
        strava.revoke(STEADY)
        post(posted(1))
        listen(live, athlete)
        assert again(live, athlete).state is AthleteState.NEEDS_RECONNECT
        assert outcomes(live) == {Outcome.LEFT_TO_LIST: 1}

    def test_before_the_first_list_there_is_nothing_to_look_into(self, live, strava):
        """The list will show it."""
        athlete = connect(live, strava, STEADY)
        with live.store.transaction() as tx:
            tx.subscription.made(SUBSCRIPTION, live.now())
        Intake(live).take(posted(1), None)
        listen(live, athlete)
        assert (outcomes(live), strava.ledger()) == ({Outcome.LEFT_TO_LIST: 1}, [])

    def test_what_a_dead_worker_held_is_looked_into_again(self, live, strava, athlete, post):
        """When its lease ends."""
        post(posted(strava.insert(STEADY)["id"]))
        due_events(live)
        with live.store.transaction() as tx:
            assert len(tx.inbox.take(athlete.id, live.now())) == 1  # and then it dies
            tx.connection.exec_driver_sql("UPDATE inbox SET lease_until = now() - interval '1 s'")
        listen(live, athlete)
        assert outcomes(live) == {Outcome.READ: 1}


class TestWithdrawal:
    @pytest.mark.parametrize(
        "body",
        [withdrawal(), withdrawal(aspect="delete", updates={})],
        ids=["as_documented", "as_seen"],
    )
    def test_it_is_proved_by_the_token_and_then_everything_goes(self, live, strava, athlete, post, body):
        """No counted call is needed for it."""
        strava.revoke(STEADY)
        post(body)
        listen(live, athlete)
        assert again(live, athlete).state is AthleteState.DISCONNECTED
        assert live.queue.of("erase") == [athlete.id]
        assert [call["path"] for call in strava.ledger()] == ["/oauth/token"]

    def test_a_forged_one_is_not_believed(self, live, strava, athlete, post, events):
        """The token lives: nothing happens, an admin can see it."""
        post(withdrawal())
        listen(live, athlete)
        assert again(live, athlete).state is AthleteState.CONNECTED
        assert outcomes(live) == {Outcome.NOT_TRUE: 1}
        assert "withdrawal_not_true" in [each["event"] for each in events]

    def test_proofs_are_bounded(self, live, strava, athlete, post):
        """However many are posted."""
        for number in range(10):
            post(withdrawal(at=1772348400 + number))
            listen(live, athlete)
        assert len(strava.ledger(path="/oauth/token")) == events_of.PROOFS_AN_HOUR

    def test_without_an_answer_it_is_asked_again(self, live, strava, athlete, post, clock):
        """Nobody is forgotten because Strava was down."""
        strava.revoke(STEADY)
        strava.fault(path="/oauth/token", calls=[1], status=503)
        post(withdrawal())
        listen(live, athlete)
        assert again(live, athlete).state is AthleteState.CONNECTED
        pass_(live, strava, clock, timedelta(minutes=10))
        listen(live, athlete)
        assert again(live, athlete).state is AthleteState.DISCONNECTED


class TestLists:
    """While events come, the list is read every second day and not more."""

    def nights(self, live, strava, athlete, clock, hours):
        """Let time pass and follow what falls due, as the clock would."""
        end = clock.now() + timedelta(hours=hours)
        while clock.now() < end:
            pass_(live, strava, clock, timedelta(minutes=30))
            with live.store.transaction() as tx:
                due = tx.athletes.claim_due_syncs(live.now(), 10, 0)
            if due:
                sync(live, [str(athlete.id)])

    def test_a_quiet_week_costs_four_lists(self, live, strava, athlete, clock):
        """Never 48 hours apart, and the night is fresh all the same."""
        strava.reset(now=clock.now(), athletes=["steady"], history_days=30, future_days=0)
        again_granted = connect(live, strava, STEADY)
        claimed_sync(live, again_granted)
        deepen(live, [str(athlete.id)])
        strava.clear_ledger()
        post = Intake(live)
        for _ in range(7):
            self.nights(live, strava, athlete, clock, 24)
            post.take(posted(1, "update", updates={"title": str(clock.now())}), None)  # a sign of life
            hear(live, [str(athlete.id)])
            assert again(live, athlete).synced_at >= clock.now() - DAY
        lists = [call["time"] for call in strava.ledger(path="/athlete/activities")]
        assert len(lists) == 3

    def test_events_are_looked_into_before_the_night(self, live, strava, athlete, post, clock):
        """Though the clock has not come to them yet."""
        row = strava.insert(STEADY)
        post(posted(row["id"]))
        pass_(live, strava, clock, timedelta(hours=22))
        claimed_sync(live, athlete)
        assert str(row["id"]) in kept(live, athlete)
        assert strava.ledger(path="/athlete/activities") == []

    def test_where_no_event_came_for_days_the_list_is_read_each_night(self, live, strava, athlete, clock):
        """A subscription that has fallen silent is none."""
        self.nights(live, strava, athlete, clock, 24 * 7)
        assert len(strava.ledger(path="/athlete/activities")) >= 4
