"""The clock: a tick finds what is due, asks for it once, cannot raise, and leaves a sign of life."""

import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from service.domain.night import MailKind
from service.jobs import clock as clock_of
from service.jobs.clock import TICKS, Clock, due_erasures, due_mails, due_nights, due_syncs, purge, rescue
from service.settings import Settings
from service.store.mailbox import MailState
from tests.apps import again, an_athlete, season_of_runs, with_runs
from tests.store.samples import letter

NIGHT = date(2026, 3, 1)
DAY = timedelta(days=1)


def impatient(app, **settings):
    """The same application with a clock that ticks often."""
    return replace(app, settings=Settings(_env_file=None, clock_period_s=0.05, **settings))


def wait_for_a_job(app):
    """Until the clock has asked the queue for something, or a minute has passed."""
    deadline = time.monotonic() + 60
    while not app.queue.asked and time.monotonic() < deadline:
        time.sleep(0.01)


SILENT = """
from service.jobs import clock
from tests.apps import an_app

with an_app(None, now=None, clock_period_s=0.01) as app:
    ticking = clock.Clock(app)
    ticking._beats = dict.fromkeys(clock.TICKS, -1e9)
    ticking._watch()
"""
"""A process whose ticks were last heard of long ago."""


class TestTicks:
    def test_a_due_sync_is_asked_for_once_a_lease(self, app):
        """The claim holds the row; whoever ticks next finds nothing."""
        athlete = an_athlete(app)
        due_syncs(app)
        due_syncs(app)
        assert app.queue.asked == [("sync", athlete.id)]

    def test_what_a_dead_worker_held_is_asked_for_again(self, app):
        """When its lease ends; the attempt it made is counted."""
        athlete = an_athlete(app)
        due_syncs(app)
        with app.store.transaction() as tx:
            tx.parking.begin_sync(athlete.id, app.now())
            past = "now() - interval '1 s'"
            tx.connection.exec_driver_sql(
                f"UPDATE athlete SET sync_lease_until = {past}, sync_held_until = {past}"
            )
        due_syncs(app)
        assert app.queue.of("sync") == [athlete.id] * 2
        with app.store.transaction() as tx:
            assert tx.athletes.overview()[0].sync_attempts == 1

    def test_nights_come_in_batches(self, app, monkeypatch):
        """A job judges many athletes, but not so many that one crash costs all their time."""
        monkeypatch.setattr(clock_of, "NIGHTS_A_JOB", 2)
        athletes = {an_athlete(app, number, address=None) for number in range(5)}
        for athlete in athletes:
            with_runs(app, athlete, season_of_runs(NIGHT - DAY, days=2))
        due_nights(app)
        assert [len(subjects) for _job, *subjects in app.queue.asked] == [2, 2, 1]
        assert set(app.queue.of("judge")) == {athlete.id for athlete in athletes}

    def test_a_night_waits_for_its_list(self, app):
        """It is not claimed before a sync, within the grace."""
        athlete = an_athlete(app)
        due_nights(app)
        assert app.queue.asked == []
        with_runs(app, athlete, season_of_runs(NIGHT - DAY, days=2))
        due_nights(app)
        assert app.queue.asked == [("judge", athlete.id)]

    def test_waiting_mails_are_asked_for_and_old_ones_settled(self, app, clock):
        """A mail whose worker died is found by its lease, a stale warning ends as expired."""
        athlete = an_athlete(app)
        with app.store.transaction() as tx:
            message_id = f"<{uuid4()}@freshlegs.test>"
            mail = tx.mailbox.put(athlete.id, MailKind.WARNING, NIGHT, letter(), message_id, app.now())
        due_mails(app)
        assert app.queue.asked == [("deliver", mail)]
        clock.move_to(clock.now() + DAY)
        due_mails(app)
        with app.store.transaction() as tx:
            assert tx.mailbox.counts_by_state() == {MailState.EXPIRED: 1}

    def test_who_disconnected_is_to_be_forgotten(self, app):
        """The page marks, the clock finds what the page could not finish."""
        athlete = an_athlete(app)
        with app.store.transaction() as tx:
            tx.athletes.disconnect(athlete.id)
        due_erasures(app)
        assert app.queue.asked == [("erase", athlete.id)]

    def test_jobs_of_dead_workers_are_ended(self, app, events):
        """Their rows are due again by themselves."""
        with app.store.transaction() as tx:
            tx.connection.exec_driver_sql(
                "INSERT INTO procrastinate_jobs (queue_name, task_name, priority, args, status)"
                " VALUES ('work', 'sync', 0, '{}', 'doing')"
            )
        rescue(app)
        rescue(app)
        assert [(event["event"], event["count"]) for event in events] == [("jobs_rescued", 1)]


class TestPurge:
    @pytest.mark.parametrize(
        ("days", "left"),
        [
            (7, 0),  # the rule
            (0, 1),  # an operator who may keep them
        ],
    )
    def test_strava_s_rows_die_unless_read_again(self, app, clock, days, left):
        """Seven days, as its policy has it."""
        athlete = an_athlete(app)
        with_runs(app, athlete, season_of_runs(NIGHT, days=2)[:1])
        clock.move_to(clock.now() + 7 * DAY + timedelta(seconds=1))
        purge(impatient(app, strava_retention_days=days))
        with app.store.transaction() as tx:
            assert tx.activities.counts().get(athlete.id, 0) == left

    def test_what_was_read_again_stays(self, app, clock):
        """The nightly list renews it."""
        athlete = an_athlete(app)
        with_runs(app, athlete, season_of_runs(NIGHT, days=2)[:1])
        clock.move_to(clock.now() + 5 * DAY)
        with_runs(app, athlete, season_of_runs(NIGHT, days=2)[:1])
        clock.move_to(clock.now() + 5 * DAY)
        purge(app)
        with app.store.transaction() as tx:
            assert tx.activities.counts() == {athlete.id: 1}


class TestLife:
    def test_every_tick_leaves_its_heartbeat(self, app):
        """Readiness and admins see which part of the clock is alive."""
        ticking = Clock(app)
        assert all(ticking.tick(name) for name in TICKS)
        with app.store.transaction() as tx:
            assert {beat.name for beat in tx.heartbeats.all()} == {f"clock:{name}" for name in TICKS}

    def test_a_tick_that_fails_is_logged_and_leaves_none(self, app, events):
        """It cannot raise, and it must not look alive."""
        broken = replace(app, now=lambda: 1 / 0)
        assert not Clock(broken).tick("due_syncs")
        assert [(event["event"], event["tick"]) for event in events] == [("tick_failed", "due_syncs")]
        with app.store.transaction() as tx:
            assert tx.heartbeats.all() == []

    def test_it_ticks_by_itself_until_it_is_stopped(self, app):
        """A sync that becomes due is asked for within a period or two."""
        ticking = Clock(impatient(app))
        ticking.start()
        try:
            athlete = an_athlete(app)
            wait_for_a_job(app)
        finally:
            ticking.stop()
        assert ("sync", athlete.id) in app.queue.asked
        assert again(app, athlete).synced_at is None

    def test_a_clock_that_is_set_back_ticks_on(self, app):
        """Its scheduler has planned everything for an hour later than it is now."""
        ticking = Clock(impatient(app))
        ticking.start()
        try:
            for name in TICKS:
                ticking._scheduler.modify_job(name, next_run_time=datetime.now(UTC) + timedelta(hours=1))
            athlete = an_athlete(app)
            ticking._follow(time.time() - time.monotonic() + 3600)
            wait_for_a_job(app)
        finally:
            ticking.stop()
        assert ("sync", athlete.id) in app.queue.asked

    def test_any_number_of_clocks_may_run(self, app):
        """Rows are claimed: two clocks ask for one sync once."""
        athlete = an_athlete(app)
        for ticking in (Clock(app), Clock(app)):
            ticking.tick("due_syncs")
        assert app.queue.asked == [("sync", athlete.id)]

    def test_a_silent_clock_ends_its_process(self):
        """`scheduler.running` stays true when its thread is dead, so the process asks the ticks."""
        ended = subprocess.run([sys.executable, "-c", SILENT], timeout=60, capture_output=True, check=False)
        assert ended.returncode == 70, ended.stderr.decode()
        assert b"clock_silent" in ended.stdout + ended.stderr
