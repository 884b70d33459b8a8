"""Nights: each judged once, only the newest may be mailed, and one athlete's trouble is nobody else's."""

import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from service.domain.activity import Source
from service.domain.finding import Context
from service.domain.history import CheckIn
from service.domain.night import MailKind, Silence, due_instant
from service.jobs.clock import GRACE, due_nights
from service.jobs.nightly import MOST_MISSED, RETRY_AFTER, judge
from service.store.athletes import PARKED_AFTER
from service.store.mailbox import MailState
from tests.apps import ZONE, again, an_athlete, season_of_runs, with_runs

NIGHT = date(2026, 3, 1)
"""Due at 03:30 UTC; the tests begin at 06:00."""
DAY = timedelta(days=1)


def nights(app, athlete):
    """The nights judged, oldest first."""
    with app.store.transaction() as tx:
        return tx.nights.of(athlete.id, 1000)[::-1]


def mails(app):
    with app.store.transaction() as tx:
        return tx.mailbox.many(kind=MailKind.WARNING)


def judged(app, athlete, clock=None, until=None):
    """Judge what is due, at ``until`` if that is given; returns all nights judged so far."""
    if until is not None:
        clock.move_to(until)
    judge(app, [str(athlete.id)])
    return nights(app, athlete)


@pytest.fixture
def tired(app):
    """An athlete whose longest run ever was yesterday: a warning is due."""
    athlete = an_athlete(app)
    with_runs(app, athlete, season_of_runs(NIGHT - DAY, spike=True))
    return athlete


@pytest.fixture
def steady(app):
    """An athlete of whom there is nothing to say."""
    athlete = an_athlete(app, 8, address="steady@example.org")
    with_runs(app, athlete, season_of_runs(NIGHT - DAY))
    return athlete


class TestOneNight:
    def test_verdict_mail_and_slot_come_together(self, app, tired):
        """The warning lies in the outbox, and the queue is told."""
        (night,) = judged(app, tired)
        (mail,) = mails(app)
        assert (night.night, night.decision.kind) == (NIGHT, MailKind.WARNING)
        assert (mail.athlete_id, mail.night, mail.state) == (tired.id, NIGHT, MailState.QUEUED)
        assert app.queue.asked == [("deliver", mail.id)]
        assert again(app, tired).next_night == NIGHT + DAY

    def test_silence_has_a_reason(self, app, steady):
        """No mail is a decision too, and it is kept."""
        (night,) = judged(app, steady)
        assert night.decision.silent_because is Silence.NOTHING_FOUND
        assert mails(app) == []

    def test_a_second_run_changes_nothing(self, app, tired):
        """The queue may bring a job twice."""
        first = judged(app, tired)
        assert judged(app, tired) == first
        assert len(mails(app)) == 1

    def test_before_its_time_a_night_is_not_judged(self, app, tired, clock):
        """Only the clock of the athlete's zone decides."""
        judged(app, tired)
        due = due_instant(NIGHT + DAY, ZONE)
        assert len(judged(app, tired, clock, due - timedelta(seconds=1))) == 1
        assert len(judged(app, tired, clock, due)) == 2

    def test_two_workers_make_one_night_and_one_mail(self, app, tired):
        """The key of the night decides who was first."""
        start = threading.Barrier(2)

        def work():
            start.wait(5)
            judge(app, [str(tired.id)])

        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        assert len(nights(app, tired)) == 1
        assert len(mails(app)) == 1
        assert len(app.queue.of("deliver")) == 1

    def test_the_verdict_names_what_it_was_made_of(self, app, steady, clock):
        """Same inputs, same digest; one more answer, another one."""
        first = judged(app, steady)[-1].inputs_digest
        same = judged(app, steady, clock, clock.now() + DAY)[-1].inputs_digest
        with app.store.transaction() as tx:
            tx.checkins.put(steady.id, CheckIn(NIGHT, legs=3), clock.now())
        other = judged(app, steady, clock, clock.now() + DAY)[-1].inputs_digest
        assert first == same != other

    def test_runs_of_the_night_s_own_day_are_not_seen(self, app, steady, clock):
        """A verdict of the past stays the same whatever came later."""
        with_runs(app, steady, season_of_runs(NIGHT, spike=True))
        assert judged(app, steady)[-1].decision.silent_because is Silence.NOTHING_FOUND


class TestChangedSessions:
    """A verdict rests on the sessions as they are now, packed or not."""

    @pytest.mark.parametrize("how", ["deleted", "private", "shorter"])
    def test_without_its_long_run_the_next_night_warns_no_more(self, app, tired, clock, how):
        """Deleted, hidden from us, or corrected at Strava: the finding goes with it."""
        assert judged(app, tired)[-1].assessment.findings[0].rule == "session_spike"
        long = season_of_runs(NIGHT - DAY, spike=True)[-1]
        with app.store.transaction() as tx:
            if how == "deleted":
                assert tx.activities.remove(tired.id, Source.STRAVA, long.external_id)
            elif how == "private":
                tx.activities.hide(tired.id, Source.STRAVA, long.external_id, clock.now())
            else:
                tx.activities.upsert(tired.id, [replace(long, distance_m=10_000.0)], clock.now() + DAY)
        night = judged(app, tired, clock, clock.now() + DAY)[-1]
        assert "session_spike" not in [finding.rule for finding in night.assessment.findings]

    def test_a_diary_of_other_rules_is_not_read(self, app, tired, clock):
        """A threshold that changes is seen the same night, whatever was packed before."""
        judged(app, tired)
        spike = replace(app.constants.spike, small_tenths=90, moderate_tenths=91, large_tenths=92)
        other = replace(app, constants=replace(app.constants, spike=spike))
        clock.move_to(clock.now() + DAY)
        judge(other, [str(tired.id)])
        rules = [finding.rule for finding in nights(app, tired)[-1].assessment.findings]
        assert "session_spike" not in rules

    def test_an_answer_is_heard_the_same_night(self, app, steady, clock):
        """Though the sessions were packed before it was given."""
        judged(app, steady)
        with app.store.transaction() as tx:
            tx.checkins.put(steady.id, CheckIn(NIGHT, ill=True), clock.now())
        night = judged(app, steady, clock, clock.now() + DAY)[-1]
        assert Context.ILLNESS in night.assessment.contexts


class TestRedFlags:
    """Told after 04:30, which the night cannot see, and heeded all the same."""

    @pytest.mark.parametrize("told", [{"ill": True}, {"pain": True}])
    def test_illness_of_this_morning_silences_a_night_judged_late(self, app, tired, told):
        """The verdict is what the days before it say; nothing is written, and no cooldown begins."""
        with app.store.transaction() as tx:
            tx.checkins.put(tired.id, CheckIn(NIGHT, legs=2, **told), app.now() - timedelta(minutes=20))
        [night] = judged(app, tired)
        assert (night.decision.kind, night.decision.silent_because) == (None, Silence.RED_FLAG)
        assert not night.assessment.contexts
        assert mails(app) == []

    def test_pain_that_is_over_by_now_silences_nothing(self, app, tired):
        """Told yesterday, taken back this morning, before a late judging."""
        with app.store.transaction() as tx:
            tx.checkins.put(tired.id, CheckIn(NIGHT - DAY, pain=True), app.now() - DAY)
            tx.checkins.put(tired.id, CheckIn(NIGHT, pain=False), app.now() - timedelta(minutes=20))
        [night] = judged(app, tired)
        assert night.decision.mail
        assert night.assessment.contexts == {Context.PAIN}

    def test_illness_told_while_the_mail_waits_takes_it_back(self, app, tired):
        """The night says so, and no cooldown begins."""
        judged(app, tired)
        with app.store.transaction() as tx:
            [mail] = tx.mailbox.many(kind=MailKind.WARNING)
            tx.checkins.put(tired.id, CheckIn(NIGHT, legs=2, ill=True), app.now() + timedelta(minutes=1))
            assert tx.mailbox.take(mail.id, app.now() + timedelta(minutes=2)) is None
            assert tx.nights.sent_warnings(tired.id, NIGHT - DAY) == []
        [kept] = mails(app)
        assert (kept.state, kept.error) == (MailState.SUPPRESSED, "red_flag")
        assert nights(app, tired)[-1].decision.silent_because is Silence.RED_FLAG


class TestWhoMayBeWrittenTo:
    @pytest.mark.parametrize(
        ("address", "wanted", "silence"),
        [
            (None, True, Silence.NO_ADDRESS),  # never left one
            ("runner@example.org", False, Silence.SWITCHED_OFF),  # unsubscribed
        ],
    )
    def test_the_verdict_is_kept_and_not_mailed(self, app, address, wanted, silence):
        """The reason says that a mail would have gone out."""
        athlete = an_athlete(app, address=address)
        with_runs(app, athlete, season_of_runs(NIGHT - DAY, spike=True))
        with app.store.transaction() as tx:
            tx.addresses.set_mail(athlete.id, MailKind.WARNING, on=wanted)
        assert judged(app, athlete)[-1].decision.silent_because is silence
        assert mails(app) == []

    def test_who_has_left_is_not_judged(self, app, tired):
        """A job that was late must not write to somebody who disconnected."""
        with app.store.transaction() as tx:
            tx.athletes.disconnect(tired.id)
        assert judged(app, tired) == []
        assert mails(app) == []

    def test_an_athlete_who_is_gone_is_no_error(self, app, events):
        judge(app, ["00000000-0000-0000-0000-000000000000"])
        assert events == []


class TestMissedNights:
    def test_every_missed_night_is_judged_once(self, app, steady, clock):
        """An outage of five days leaves no hole."""
        found = judged(app, steady, clock, clock.now() + 5 * DAY)
        assert [night.night for night in found] == [NIGHT + n * DAY for n in range(6)]
        assert again(app, steady).next_night == NIGHT + 6 * DAY

    def test_only_the_newest_may_be_mailed(self, app, tired, clock):
        """Nobody wants to read of last week's legs."""
        found = judged(app, tired, clock, clock.now() + DAY)
        assert [night.decision.silent_because for night in found] == [Silence.STALE_NIGHT, None]
        assert [mail.night for mail in mails(app)] == [NIGHT + DAY]

    def test_the_newest_is_not_mailed_when_its_day_is_over(self, app, tired, clock):
        """Judged on time or within 18 hours, else kept in silence."""
        due = due_instant(NIGHT, ZONE)
        found = judged(app, tired, clock, due + timedelta(hours=18, seconds=1))
        assert found[-1].decision.silent_because is Silence.STALE_NIGHT
        assert mails(app) == []

    def test_after_months_the_oldest_are_passed_over(self, app, steady, clock):
        """The last weeks are judged, and the slot is where it belongs."""
        found = judged(app, steady, clock, clock.now() + 100 * DAY)
        assert len(found) == MOST_MISSED
        assert found[-1].night == NIGHT + 100 * DAY
        assert again(app, steady).next_night == NIGHT + 101 * DAY

    def test_a_flight_west_does_not_repeat_a_night(self, app, steady, clock):
        """The same date comes again at another clock's 04:30; it would judge the same day twice."""
        judged(app, steady)
        with app.store.transaction() as tx:
            tx.athletes.synced(steady.id, clock.now(), zone="America/Los_Angeles", next_sync_at=clock.now())
        found = judged(app, steady, clock, clock.now() + 3 * DAY)
        times = [due_instant(night.night, "America/Los_Angeles") for night in found[1:]]
        assert [night.night for night in found] == sorted({night.night for night in found})
        assert times[0] - due_instant(NIGHT, ZONE) >= timedelta(hours=18)


class TestTrouble:
    def test_one_athlete_s_trouble_is_nobody_else_s(self, app, tired, steady, events):
        """The batch goes on; the row that failed is due again later and says why."""
        with app.store.transaction() as tx:
            tx.connection.exec_driver_sql("UPDATE athlete SET zone = 'Mars/Olympus' WHERE strava_id = 7")
        judge(app, [str(tired.id), str(steady.id)])
        assert len(nights(app, steady)) == 1
        with app.store.transaction() as tx:
            failed = next(row for row in tx.athletes.overview() if row.id == tired.id)
            assert tx.athletes.claim_due_nights(app.now(), 10, 0) == []  # not before its time
            assert tx.athletes.claim_due_nights(app.now() + RETRY_AFTER, 10, 0) == [tired.id]
        assert failed.night_error == "ZoneInfoNotFoundError"
        assert [event["event"] for event in events] == ["nights_apart", "night_failed", "night_judged"]

    def test_a_night_that_fails_half_way_leaves_nothing(self, app, tired):
        """Verdict, mail and slot are one transaction."""
        with app.store.transaction() as tx:
            tx.connection.exec_driver_sql("ALTER TABLE mail ADD CONSTRAINT no CHECK (kind <> 'warning')")
        try:
            assert judged(app, tired) == []
            assert again(app, tired).next_night == NIGHT
        finally:
            with app.store.transaction() as tx:
                tx.connection.exec_driver_sql("ALTER TABLE mail DROP CONSTRAINT no")
        assert len(judged(app, tired)) == 1
        assert len(mails(app)) == 1

    def test_a_warning_without_advice_is_held(self, app, tired, events):
        """A catalogue without an entry is our defect; the athlete is not written to about nothing to do."""
        poor = replace(app, catalogue=replace(app.catalogue, entries={}))
        (night,) = judged(poor, tired)
        assert night.decision.silent_because is Silence.HELD
        assert "advice_missing" in [event["event"] for event in events]


class TestGuards:
    """A defect that warns everybody writes to nobody."""

    def test_a_night_that_warns_too_many_is_held(self, app, events):
        """The verdicts are kept, the mails lie in the outbox, and an admin is told."""
        careful = replace(
            app, settings=app.settings.model_copy(update={"breaker_percent": 10.0, "breaker_at_least": 2})
        )
        for number in range(4):
            athlete = an_athlete(app, number, address=f"{number}@example.org")
            with_runs(app, athlete, season_of_runs(NIGHT - DAY, spike=True))
            judge(careful, [str(athlete.id)])
        assert [mail.state for mail in mails(app)] == [MailState.HELD] * 4
        assert [event["event"] for event in events].count("breaker_tripped") == 1
        assert nights(app, athlete)[-1].decision.silent_because is Silence.HELD

    def test_a_night_that_kills_its_worker_is_parked(self, app, tired, clock, events):
        """Ten attempts without an end; then the clock asks no more, and says so."""
        for _ in range(PARKED_AFTER):
            with app.store.transaction() as tx:
                assert tx.parking.begin_nights([tired.id], app.now(), lease_s=0)
        due_nights(app)
        assert app.queue.of("judge") == []
        assert judged(app, tired) == []
        assert [(event["event"], event["athlete"]) for event in events] == [("night_parked", tired.id)]

    def test_a_night_tried_before_gets_a_job_of_its_own(self, app, tired, steady):
        """Should it take the worker down, it takes nobody else's night along."""
        with app.store.transaction() as tx:
            tx.parking.begin_nights([tired.id], app.now(), lease_s=0)
        due_nights(app)
        assert app.queue.asked == [("judge", steady.id), ("judge", tired.id)]


class TestLateLists:
    def claimed(self, app, at, clock):
        clock.move_to(at)
        due_nights(app)
        return app.queue.of("judge")

    @pytest.fixture
    def late(self, app, tired):
        """The list was read a day before the night, and not since."""
        with app.store.transaction() as tx:
            tx.athletes.synced(
                tired.id, datetime(2026, 2, 28, 3, 0, tzinfo=UTC), zone=None, next_sync_at=app.now()
            )
        return tired

    def test_a_night_waits_for_its_list_and_not_for_ever(self, app, late, clock):
        """Three hours of grace from when it was due or connected, then it is judged with what there is."""
        due = late.connected_at
        assert self.claimed(app, due + GRACE - timedelta(seconds=1), clock) == []
        assert self.claimed(app, due + GRACE, clock) == [late.id]
        assert len(judged(app, late)) == 1

    def test_a_night_of_an_old_list_is_not_mailed(self, app, late, clock):
        """Unobserved is not rest: days that nobody read may have changed everything."""
        with app.store.transaction() as tx:
            tx.athletes.synced(
                late.id, datetime(2026, 2, 25, 3, 0, tzinfo=UTC), zone=None, next_sync_at=app.now()
            )
        (night,) = judged(app, late)
        assert not night.decision.mail

    def test_an_athlete_never_listed_is_judged_as_learning(self, app, clock):
        """Strava was down since the consent: the page says so instead of waiting for ever."""
        athlete = an_athlete(app)
        assert self.claimed(app, athlete.connected_at + GRACE, clock) == [athlete.id]
        (night,) = judged(app, athlete)
        assert night.decision.silent_because is Silence.LEARNING
