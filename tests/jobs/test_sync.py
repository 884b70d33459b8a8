"""Sync: our rows become those of Strava, and whatever Strava answers instead costs time and nothing else."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from service.domain.athlete import AthleteState
from service.domain.night import MailKind, due_instant, next_night
from service.jobs import tokens
from service.jobs.clock import due_backfills
from service.jobs.listing import list_every
from service.jobs.sync import DETAILS_A_NIGHT, LATELY, deepen, newest_zone, sync
from service.strava.quota import quarter_hour
from tests.apps import again, an_app, connect
from tests.strava_standin.control import CANARIES

STEADY, BERLIN = 7000001, "Europe/Berlin"
SWITCHED_OFF = '{"message":"error","errors":[{"resource":"Application","field":"status","code":"inactive"}]}'
DAY = timedelta(days=1)


def kept(app, athlete):
    """The athlete's rows, by id at Strava."""
    with app.store.transaction() as tx:
        found = tx.activities.of(athlete.id, datetime(2000, 1, 1, tzinfo=UTC))
    return {activity.external_id: activity for activity in found}


def overview(app):
    with app.store.transaction() as tx:
        return tx.athletes.overview()[0]


def claimed_sync(app, athlete):
    """A sync as the clock asks for it."""
    with app.store.transaction() as tx:
        assert tx.athletes.claim_due_syncs(app.now(), 10) == [athlete.id]
    sync(app, [str(athlete.id)])


def pass_(live, strava, clock, span):
    """Let time pass, here and there."""
    strava.set_now(clock.move_to(clock.now() + span))


@pytest.fixture
def athlete(live, strava):
    return connect(live, strava, STEADY)


class TestFirstList:
    def test_one_call_brings_the_list_and_asks_for_the_verdict(self, live, strava, athlete):
        """The first verdict costs one call; the rest of the list comes after it."""
        claimed_sync(live, athlete)
        listed = {str(row["id"]) for row in strava.activities(STEADY)}
        assert set(kept(live, athlete)) == listed
        assert [call["path"] for call in strava.ledger()] == ["/api/v3/athlete/activities"]
        assert live.queue.asked == [("judge", athlete.id), ("deepen", athlete.id)]

    def test_the_zone_comes_with_the_newest_session(self, live, strava, athlete):
        """Strava tells no zone at consent; the first list does, and the night moves to it."""
        claimed_sync(live, athlete)
        moved = again(live, athlete)
        assert moved.zone == BERLIN == strava.athlete("steady")["zone"]
        assert moved.next_night_at == due_instant(moved.next_night, BERLIN)

    def test_the_next_sync_is_due_with_the_next_night(self, live, strava, athlete):
        """So that its verdict sees the whole day."""
        claimed_sync(live, athlete)
        assert overview(live).sync_due_at == due_instant(next_night(live.now(), BERLIN), BERLIN)

    def test_nothing_to_remember_of_places_and_titles(self, live, strava, athlete):
        """Canaries of the stand-in never reach a row (the season scans every table)."""
        claimed_sync(live, athlete)
        text = repr(kept(live, athlete))
        assert text
        assert not [canary for canary in CANARIES if canary in text]

    def test_an_athlete_who_is_gone_is_no_error(self, live):
        """The queue may bring a job late or twice."""
        sync(live, ["00000000-0000-0000-0000-000000000000"])
        assert live.queue.asked == []

    def test_who_is_no_longer_connected_is_not_read(self, live, strava, athlete):
        """A job that was deferred before the athlete disconnected must not ask Strava."""
        with live.store.transaction() as tx:
            tx.athletes.disconnect(athlete.id)
        sync(live, [str(athlete.id)])
        deepen(live, [str(athlete.id)])
        assert strava.ledger() == []


class TestMirror:
    @pytest.fixture(autouse=True)
    def _read_once(self, live, athlete):
        claimed_sync(live, athlete)

    def newest(self, strava):
        return strava.activities(STEADY)[0]

    def test_a_new_session_is_added(self, live, strava, athlete, clock):
        row = strava.insert(STEADY, distance=5000.0)
        pass_(live, strava, clock, DAY)
        claimed_sync(live, athlete)
        assert kept(live, athlete)[str(row["id"])].distance_m == 5000.0

    def test_an_edited_session_is_changed(self, live, strava, athlete, clock):
        newest = self.newest(strava)
        strava.edit(newest["id"], distance=1234.0)
        pass_(live, strava, clock, DAY)
        claimed_sync(live, athlete)
        assert kept(live, athlete)[str(newest["id"])].distance_m == 1234.0

    def test_a_deleted_session_is_removed(self, live, strava, athlete, clock):
        """Strava wants deletions mirrored within 48 hours; the nightly list shows them for nothing."""
        newest = self.newest(strava)
        strava.delete(newest["id"])
        pass_(live, strava, clock, DAY)
        claimed_sync(live, athlete)
        assert str(newest["id"]) not in kept(live, athlete)

    def test_the_newest_sessions_are_read_in_detail_before_the_night(self, live, strava, athlete, clock):
        """The effort of the last runs is worth waiting for; more comes later."""
        pass_(live, strava, clock, DAY)
        claimed_sync(live, athlete)
        detailed = [activity for activity in kept(live, athlete).values() if activity.detailed]
        assert 0 < len(detailed) <= DETAILS_A_NIGHT
        assert min(activity.start for activity in detailed) > live.now() - LATELY

    def test_trouble_with_a_detail_does_not_cost_the_night(self, live, strava, athlete, clock):
        """The list was read; a detail that Strava will not give is only a hint missing."""
        strava.fault(path="/activities/", chance=1.0, status=500)
        pass_(live, strava, clock, DAY)
        claimed_sync(live, athlete)
        assert again(live, athlete).synced_at == live.now()
        assert live.queue.of("judge") == [athlete.id, athlete.id]

    def test_one_page_a_night_is_enough_where_it_shows_all(self, live, strava, athlete, clock):
        """Nothing is older than it, so nothing older has to be renewed."""
        deepen(live, [str(athlete.id)])
        strava.clear_ledger()
        for _ in range(10):
            pass_(live, strava, clock, DAY)
            claimed_sync(live, athlete)
        assert len(strava.ledger(path="/athlete/activities")) == 10
        assert again(live, athlete).listed_whole_at == live.now()


class TestOlder:
    """Sessions beyond the newest page, which here holds ten."""

    @pytest.fixture(autouse=True)
    def _short_pages(self, live, strava, clock):
        strava.reset(
            now=clock.now(), athletes=["steady"], history_days=300, future_days=30, short_pages=[190]
        )

    @pytest.fixture
    def athlete(self, live, strava):
        athlete = connect(live, strava, STEADY)
        claimed_sync(live, athlete)
        deepen(live, [str(athlete.id)])
        return athlete

    def listed(self, strava, clock):
        """What Strava shows of the last 270 days."""
        since = (clock.now() - timedelta(days=270)).isoformat()
        return {str(row["id"]) for row in strava.activities(STEADY) if row["start_date"] > since}

    def test_they_are_read_once_after_the_first_verdict(self, live, strava, athlete, clock):
        """Back to where no judgement looks, and no further."""
        assert set(kept(live, athlete)) == self.listed(strava, clock)

    def test_they_are_renewed_before_they_die(self, live, strava, athlete, clock):
        """With every list, and without the empty page at the end where all was seen."""
        strava.clear_ledger()
        for _ in range(12):
            pass_(live, strava, clock, DAY)
            claimed_sync(live, athlete)
            with live.store.transaction() as tx:
                tx.activities.delete_older_than(clock.now() - 7 * DAY)
        assert self.listed(strava, clock) <= set(kept(live, athlete))
        lists = [call["query"] for call in strava.ledger(path="/athlete/activities")]
        pages = sum("after=" in query for query in lists)
        assert sum("after=" not in query for query in lists) == 12
        assert 0 < pages // 12 <= -(-len(self.listed(strava, clock)) // 10)

    def test_one_that_was_deleted_is_found_by_the_next_list(self, live, strava, athlete, clock):
        """Within 48 hours, wherever it lies: of its event nobody may have heard."""
        old = sorted(kept(live, athlete).values(), key=lambda each: each.start)[20]
        strava.delete(int(old.external_id))
        pass_(live, strava, clock, DAY)
        claimed_sync(live, athlete)
        assert old.external_id not in kept(live, athlete)

    def test_an_empty_list_is_the_end_of_everything(self, live, strava, athlete, clock):
        """Whoever deletes all their sessions has none here either."""
        for row in strava.activities(STEADY):
            strava.delete(row["id"])
        pass_(live, strava, clock, timedelta(minutes=5))
        with live.store.transaction() as tx:
            tx.athletes.sync_soon(athlete.id, live.now())
        claimed_sync(live, athlete)
        assert kept(live, athlete) == {}


@pytest.mark.parametrize(
    ("days", "hours"),
    [
        (0, 47),  # kept for ever: only deletions matter
        (7, 47),  # the usual
        (1, 22),  # it comes more often than deletions ask for
    ],
)
def test_lists_follow_the_retention(days, hours):
    """A row is read again before it dies, whatever the operator has set."""
    assert list_every(days) == timedelta(hours=hours)


class TestDeepen:
    def test_the_rest_of_the_list_and_details_come_after_the_verdict(self, live, strava, athlete):
        """What one page did not show, and the efforts of the last weeks."""
        claimed_sync(live, athlete)
        deepen(live, [str(athlete.id)])
        assert again(live, athlete).listed_whole_at == live.now()
        assert sum(activity.detailed for activity in kept(live, athlete).values()) > DETAILS_A_NIGHT

    def test_nothing_is_asked_for_where_all_is_read(self, live, strava, athlete, clock):
        """Most nights: the list is whole and every late run has its detail."""
        claimed_sync(live, athlete)
        for _ in range(3):
            deepen(live, [str(athlete.id)])
        live.queue.asked.clear()
        pass_(live, strava, clock, DAY)
        claimed_sync(live, athlete)
        pass_(live, strava, clock, timedelta(hours=1))
        due_backfills(live)
        assert live.queue.asked == [("judge", athlete.id)]

    def test_a_detail_that_is_gone_is_left_to_the_next_list(self, live, strava, athlete):
        """Deleted between the list and the detail."""
        claimed_sync(live, athlete)
        newest = strava.activities(STEADY)[0]
        strava.delete(newest["id"])
        deepen(live, [str(athlete.id)])
        assert any(activity.detailed for activity in kept(live, athlete).values())

    def test_an_edited_run_of_the_baseline_is_read_again_from_spare_quota_only(
        self, live, strava, athlete, clock
    ):
        """Its old detail goes with the edit; the new one waits while others may need the window."""
        claimed_sync(live, athlete)
        deepen(live, [str(athlete.id)])
        edited = sorted((a for a in kept(live, athlete).values() if a.detailed), key=lambda a: a.start)[0]
        assert edited.start < live.now() - 2 * LATELY
        strava.edit(int(edited.external_id), distance=edited.distance_m + 500)
        strava.limits(read_limit=(40, 1000))
        pass_(live, strava, clock, DAY + timedelta(minutes=1))  # a window has just opened
        claimed_sync(live, athlete)  # its answers tell the new limit
        for _ in range(20):  # more than half of the window is used
            tokens.with_token(live, athlete.id, live.strava.athlete)
        strava.clear_ledger()
        deepen(live, [str(athlete.id)])
        assert strava.ledger(path=edited.external_id) == []
        assert not kept(live, athlete)[edited.external_id].detailed
        pass_(live, strava, clock, timedelta(hours=1))
        deepen(live, [str(athlete.id)])
        assert len(strava.ledger(path=edited.external_id)) == 1
        assert kept(live, athlete)[edited.external_id].detailed

    def test_without_quota_it_waits_for_the_window(self, live, strava, athlete, clock, events):
        """Nothing waits for it, nothing fails, and it goes on when the window opens."""
        claimed_sync(live, athlete)
        strava.fault(path="/api/v3", chance=1.0, status=429, body="{}")
        deepen(live, [str(athlete.id)])
        assert "deepening_postponed" in [event["event"] for event in events]
        strava.clear_faults()
        due_backfills(live)
        assert live.queue.of("deepen") == [athlete.id]  # of the sync, and none since
        pass_(live, strava, clock, quarter_hour(live.now()).end - live.now())
        for _ in range(2):
            due_backfills(live)
        assert live.queue.of("deepen") == [athlete.id] * 2
        assert again(live, athlete).listed_whole_at is None
        deepen(live, [str(athlete.id)])
        assert again(live, athlete).listed_whole_at == live.now()


class TestBadRows:
    @pytest.mark.parametrize(
        ("broken", "field"),
        [
            ({"moving_time": -5}, "moving_time"),  # time does not run backwards
            ({"start_date": "yesterday", "start_date_local": None}, "start_date"),  # no instant
        ],
    )
    def test_a_row_that_cannot_be_read_is_kept_aside(self, live, strava, athlete, broken, field):
        """The page it came with is stored, and an admin sees which field of which row."""
        newest, *others = strava.activities(STEADY)
        strava.fault(
            path="/athlete/activities", calls=[1], status=200, body=json.dumps([newest | broken, *others])
        )
        claimed_sync(live, athlete)
        assert set(kept(live, athlete)) == {str(row["id"]) for row in others}
        with live.store.transaction() as tx:
            (refused,) = tx.quarantine.list()
        assert (refused.external_id, refused.field) == (str(newest["id"]), field)

    @pytest.mark.parametrize("odd", ["1\x002", "\ud800", None])
    def test_an_id_that_no_database_takes_costs_nobody_the_page(self, live, strava, athlete, odd):
        """Its neighbours are stored, and what is gone at Strava is found out about."""
        newest, *others = strava.activities(STEADY)
        body = json.dumps([newest | {"id": odd}, *others])
        strava.fault(path="/athlete/activities", calls=[1], status=200, body=body)
        claimed_sync(live, athlete)
        assert set(kept(live, athlete)) == {str(row["id"]) for row in others}

    def test_a_row_kept_aside_is_not_taken_for_deleted(self, live, strava, athlete, clock):
        """It was on the list: what was read of it before stays."""
        claimed_sync(live, athlete)
        newest, *others = strava.activities(STEADY)
        body = json.dumps([newest | {"moving_time": -5}, *others])
        strava.fault(path="/athlete/activities", calls=[1], status=200, body=body)
        pass_(live, strava, clock, timedelta(hours=23))
        with live.store.transaction() as tx:
            tx.athletes.sync_soon(athlete.id, live.now())
        claimed_sync(live, athlete)
        assert str(newest["id"]) in kept(live, athlete)


class TestTrouble:
    @pytest.mark.parametrize(
        ("answer", "code", "wait"),
        [
            ({"status": 503}, "strava_unavailable", timedelta(minutes=10)),  # down
            (
                {"status": 200, "body": "<html>"},
                "strava_unavailable",
                timedelta(minutes=10),
            ),  # a page, no data
            ({"drop": "before"}, "strava_unavailable", timedelta(minutes=10)),  # the connection breaks
            ({"status": 403, "body": SWITCHED_OFF}, "app_inactive", timedelta(hours=1)),  # operator's trouble
        ],
    )
    def test_it_is_put_off_and_does_not_count(self, live, strava, athlete, answer, code, wait):
        """Strava's trouble parks nobody."""
        strava.fault(path="/athlete/activities", chance=1.0, **answer)
        claimed_sync(live, athlete)
        row = overview(live)
        assert (row.sync_error, row.sync_attempts, row.sync_due_at) == (code, 0, live.now() + wait)
        assert live.queue.asked == []

    def test_a_switched_off_application_is_asked_once_an_hour(self, live, strava, athlete, clock, events):
        """By one call, for everybody; nobody is marked broken, and it goes on by itself."""
        strava.fault(path="/athlete/activities", calls=[1, 2], status=403, body=SWITCHED_OFF)
        others = [connect(live, strava, STEADY)] * 3
        for _ in range(2):
            for _ in others:
                sync(live, [str(athlete.id)])
            pass_(live, strava, clock, timedelta(hours=1))
        assert len(strava.ledger()) == 2
        sync(live, [str(athlete.id)])
        assert again(live, athlete).synced_at == live.now()
        names = [event["event"] for event in events]
        assert (names.count("app_inactive"), names.count("app_active_again")) == (1, 1)
        assert again(live, athlete).state is AthleteState.CONNECTED

    def test_nobody_answers(self, app, strava, clock):
        """The same without a server."""
        athlete = connect(app, strava, STEADY)
        claimed_sync(app, athlete)
        assert overview(app).sync_error == "strava_unavailable"

    def test_without_quota_it_waits_for_the_window(self, live, strava, athlete):
        """Neither sooner, which would be in vain, nor later, and no call is sent."""
        strava.limits(read_limit=(100, 1000))
        with live.store.transaction() as tx:
            tx.quota.close(live.now(), quarter_hour(live.now()).end)
        claimed_sync(live, athlete)
        row = overview(live)
        opens_at = quarter_hour(live.now()).end
        assert (row.sync_error, row.sync_attempts, row.sync_due_at) == ("quota_exhausted", 0, opens_at)
        assert strava.ledger() == []

    def test_a_429_closes_the_door_for_everyone(self, live, strava, athlete):
        """Whoever else asks next is told before sending."""
        strava.fault(path="/athlete/activities", calls=[1], status=429, body="{}")
        claimed_sync(live, athlete)
        sync(live, [str(athlete.id)])
        assert len(strava.ledger()) == 1
        assert overview(live).sync_due_at == quarter_hour(live.now()).end


class TestLostGrant:
    def mails(self, app):
        with app.store.transaction() as tx:
            return [mail.kind for mail in tx.mailbox.many()]

    def test_a_token_that_ended_early_is_renewed_once(self, live, strava, athlete, clock):
        """A 401 on data may only mean that; the athlete notices nothing."""
        pass_(live, strava, clock, timedelta(hours=5, minutes=30))
        fresh = clock.now() + timedelta(hours=2)
        with live.store.transaction() as tx:
            tokens = tx.tokens.get(athlete.id)
            tx.tokens.put(athlete.id, type(tokens)("not the token", tokens.refresh_token, fresh))
        claimed_sync(live, athlete)
        assert again(live, athlete).synced_at == live.now()
        assert strava.counters() == {"unauthorized": 1, "refresh_rotated": 1}

    def test_a_dead_grant_asks_for_reconnection_with_one_mail(self, live, strava, athlete):
        """However often the job runs again."""
        strava.revoke(STEADY)
        claimed_sync(live, athlete)
        sync(live, [str(athlete.id)])
        assert again(live, athlete).state is AthleteState.NEEDS_RECONNECT
        assert self.mails(live) == [MailKind.RECONNECT]

    def test_a_missing_scope_asks_for_consent_again(self, live, strava, athlete):
        """A grant that does not cover the list cannot be worked with."""
        connect(live, strava, STEADY, scopes=["read"])
        claimed_sync(live, athlete)
        assert again(live, athlete).state is AthleteState.NEEDS_RECONNECT
        assert self.mails(live) == [MailKind.RECONNECT]

    def test_nothing_is_asked_of_strava_any_more(self, live, strava, athlete, clock):
        """Neither by the clock nor by a job that was late."""
        strava.revoke(STEADY)
        claimed_sync(live, athlete)
        strava.clear_ledger()
        pass_(live, strava, clock, 2 * DAY)
        with live.store.transaction() as tx:
            assert tx.athletes.claim_due_syncs(live.now(), 10) == []
        sync(live, [str(athlete.id)])
        assert strava.ledger() == []


@pytest.mark.parametrize(
    ("label", "zone"),
    [
        ("(GMT+01:00) Europe/Oslo", "Europe/Oslo"),  # as Strava writes it
        ("Europe/Oslo", "Europe/Oslo"),  # without the prefix
        ("", None),  # nothing said
        (None, None),  # absent
        (7, None),  # nonsense
    ],
)
def test_the_zone_of_a_label(label, zone):
    """The prefix lies, the name does not."""
    assert newest_zone([{"start_date": "2026-01-01T00:00:00Z", "timezone": label}]) == zone


def test_a_zone_nobody_knows_keeps_the_old_one(live, strava, clock):
    """A label that tzdata lacks must not stop the athlete's syncs."""
    athlete = connect(live, strava, STEADY)
    strava.edit(strava.activities(STEADY)[0]["id"], timezone="(GMT+00:00) Mars/Olympus")
    claimed_sync(live, athlete)
    assert again(live, athlete).zone == "UTC"


def test_an_empty_account_is_a_result(store, clock, standin):
    """Nobody has to have run before."""
    standin.reset(now=clock.now(), athletes=[{"kind": "steady", "id": 1}], history_days=0, future_days=0)
    for row in standin.activities(1):
        standin.delete(row["id"])
    with an_app(store, now=clock.now, standin=standin) as app:
        athlete = connect(app, standin, 1)
        claimed_sync(app, athlete)
        assert kept(app, athlete) == {}
        assert app.queue.of("judge") == [athlete.id]
