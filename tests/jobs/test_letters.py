"""The mails that are no warnings: few, one a night at most, and never against a choice."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from service.domain.finding import Cause
from service.domain.history import CheckIn, Profile
from service.domain.night import MailKind, Silence, due_instant
from service.domain.preference import Choice
from service.jobs.nightly import judge
from service.store.mailbox import MailState
from tests.apps import ZONE, again, an_athlete, season_of_runs, with_runs

NIGHT = date(2026, 3, 1)
"""A Sunday; judged at 06:00 UTC by the clock of these tests."""
DAY = timedelta(days=1)
SATURDAY = NIGHT + 6 * DAY


def at(clock, night: date) -> None:
    """An hour after the night was due."""
    clock.move_to(due_instant(night, ZONE) + timedelta(hours=1))


def mails(app):
    """(kind, night) of every mail, oldest first."""
    with app.store.transaction() as tx:
        found = tx.mailbox.many()
    return sorted((mail.night, mail.kind) for mail in found if mail.kind in set(OURS))


OURS = (MailKind.WARNING, MailKind.CHECK_IN, MailKind.LONG_RUN, MailKind.WEEKLY)


def choose(app, athlete, **choices: Choice) -> None:
    with app.store.transaction() as tx:
        tx.preferences.choose(athlete.id, {MailKind(kind): choice for kind, choice in choices.items()})


def answer(app, athlete, day: date, legs: int = 3) -> None:
    with app.store.transaction() as tx:
        tx.checkins.put(athlete.id, CheckIn(day, legs=legs), app.now())


def judged(app, athlete, clock, night: date):
    """Judge up to ``night`` on the morning of it, with a fresh list; returns its decision."""
    at(clock, night)
    with app.store.transaction() as tx:
        tx.athletes.synced(athlete.id, app.now(), zone=None, next_sync_at=app.now() + DAY)
    judge(app, [str(athlete.id)])
    with app.store.transaction() as tx:
        return tx.nights.latest(athlete.id).decision


def one_run(day: date, metres: float, minutes: float):
    """A run of that training day."""
    return longer(season_of_runs(day + DAY, days=1)[0], metres, minutes)


def longer(run, metres: float, minutes: float):
    return replace(run, distance_m=metres, moving_s=int(60 * minutes), elapsed_s=int(60 * minutes) + 60)


@pytest.fixture
def harder(app):
    """Easy hours every second day, and yesterday an hour and three quarters: no warning, but a question."""
    athlete = an_athlete(app)
    *easy, last = season_of_runs(NIGHT, days=121)
    with_runs(app, athlete, [*easy, longer(last, 10_900.0, 105)])
    return athlete


@pytest.fixture
def steady(app):
    """The same easy hour every second day."""
    athlete = an_athlete(app)
    with_runs(app, athlete, season_of_runs(NIGHT - DAY))
    return athlete


class TestQuestion:
    def test_it_follows_a_harder_day(self, app, harder):
        """With the session, four taps, and the way to stop it; the queue is told."""
        judge(app, [str(harder.id)])
        assert mails(app) == [(NIGHT, MailKind.CHECK_IN)]
        with app.store.transaction() as tx:
            mail = tx.mailbox.latest(kind=MailKind.CHECK_IN)
            (row,) = tx.mailbox.many(kind=MailKind.CHECK_IN)
        assert "legs=4" in mail.text
        assert "View on Strava" in mail.text
        assert mail.unsubscribe_url.endswith("?kind=check_in")
        assert app.queue.asked == [("deliver", row.id)]

    def test_it_does_not_follow_a_day_like_all(self, app, steady):
        """Most mornings nobody is asked anything."""
        judge(app, [str(steady.id)])
        assert mails(app) == []

    def test_it_is_never_asked_twice_without_an_answer(self, app, harder, clock):
        """The first is unanswered, so there is no second; an answer opens the door again."""
        judged(app, harder, clock, NIGHT)
        with_runs(app, harder, [one_run(NIGHT + 2 * DAY, 10_900.0, 105)])
        judged(app, harder, clock, NIGHT + 3 * DAY)
        assert mails(app) == [(NIGHT, MailKind.CHECK_IN)]
        answer(app, harder, NIGHT + 3 * DAY, legs=4)
        with_runs(app, harder, [one_run(NIGHT + 6 * DAY, 10_900.0, 105)])
        judged(app, harder, clock, NIGHT + 7 * DAY)
        assert mails(app) == [(NIGHT, MailKind.CHECK_IN), (NIGHT + 7 * DAY, MailKind.CHECK_IN)]

    @pytest.mark.parametrize("how", ["off", "quiet", "no address", "stale"])
    def test_it_does_not_come_where_it_may_not(self, app, harder, clock, how):
        """Switched off, on a quiet day, without an address, or when the morning is over."""
        with app.store.transaction() as tx:
            if how == "off":
                tx.preferences.stop(harder.id, MailKind.CHECK_IN)
            if how == "quiet":
                tx.preferences.set_quiet_days(harder.id, [NIGHT.weekday()])
            if how == "no address":
                tx.connection.exec_driver_sql("UPDATE address SET address = NULL")
        if how == "stale":
            clock.move_to(due_instant(NIGHT, ZONE) + timedelta(hours=19))
        judge(app, [str(harder.id)])
        assert mails(app) == []

    def test_an_archive_s_session_has_no_link_at_strava(self, app, harder):
        """What was not read there is not there."""
        with app.store.transaction() as tx:
            tx.connection.exec_driver_sql("UPDATE activity SET source = 'archive'")
        judge(app, [str(harder.id)])
        with app.store.transaction() as tx:
            assert "View on Strava" not in tx.mailbox.latest(kind=MailKind.CHECK_IN).text

    def test_it_grows_stale_as_a_warning_does(self, app, harder, clock):
        """ "This morning" is over in the evening."""
        judge(app, [str(harder.id)])
        clock.move_to(app.now() + timedelta(hours=18))
        with app.store.transaction() as tx:
            assert tx.mailbox.sweep(app.now()) == 1
            assert tx.mailbox.many()[0].state is MailState.EXPIRED
            assert tx.written.nights(harder.id, OURS, NIGHT) == []  # so it may be asked again


class TestWarning:
    @pytest.fixture
    def tired(self, app):
        """An athlete whose longest run ever was yesterday."""
        athlete = an_athlete(app)
        with_runs(app, athlete, season_of_runs(NIGHT - DAY, spike=True))
        return athlete

    def test_it_shows_four_weeks_and_asks_itself(self, app, tired, clock):
        """Loads day by day, one tap, "did it match", mute; and no other mail that night."""
        judged(app, tired, clock, NIGHT)
        assert mails(app) == [(NIGHT, MailKind.WARNING)]
        with app.store.transaction() as tx:
            mail = tx.mailbox.latest(kind=MailKind.WARNING)
        assert mail.html.count('class="column"') == 28
        assert mail.chart_png is None  # one session is no trend
        for owed in ("&legs=2", "Did it match how you felt?", "Mute this reason for two weeks"):
            assert owed in mail.text

    def test_a_claim_about_weeks_has_its_picture(self, app, tired, monkeypatch):
        """Then, and only then, something travels beside the texts."""
        monkeypatch.setattr("service.jobs.outbox.TRENDS", frozenset(Cause))
        judge(app, [str(tired.id)])
        with app.store.transaction() as tx:
            mail = tx.mailbox.latest(kind=MailKind.WARNING)
        assert mail.chart_png.startswith(b"\x89PNG")
        assert "cid:chart@freshlegs" in mail.html

    @pytest.mark.parametrize(
        ("how", "silence"),
        [
            ("muted", Silence.MUTED),  # this reason, for two weeks
            ("quiet", Silence.QUIET_DAY),  # not on Sundays
            ("weekly", Silence.WEEKLY_LETTER),  # in the letter only
        ],
    )
    def test_what_was_said_to_us_counts(self, app, tired, how, silence):
        """The verdict is kept with the reason for silence."""
        with app.store.transaction() as tx:
            if how == "muted":
                tx.replies.mute(tired.id, Cause.MUSCLE_FATIGUE, NIGHT + 14 * DAY, app.now())
            elif how == "quiet":
                tx.preferences.set_quiet_days(tired.id, [6])
            else:
                tx.preferences.choose(tired.id, {MailKind.WARNING: Choice.WEEKLY})
        judge(app, [str(tired.id)])
        with app.store.transaction() as tx:
            assert tx.nights.latest(tired.id).decision.silent_because is silence
        assert (NIGHT, MailKind.WARNING) not in mails(app)

    def test_a_mute_that_is_over_mutes_nothing(self, app, tired):
        """On its last day it has ended."""
        with app.store.transaction() as tx:
            tx.replies.mute(tired.id, Cause.MUSCLE_FATIGUE, NIGHT, app.now())
        judge(app, [str(tired.id)])
        assert mails(app) == [(NIGHT, MailKind.WARNING)]

    def test_the_letter_brings_what_was_kept_for_it(self, app, tired, clock):
        """Seen on Sunday, read on Monday."""
        choose(app, tired, warning=Choice.WEEKLY, weekly=Choice.WEEKLY, check_in=Choice.OFF)
        judged(app, tired, clock, NIGHT)
        assert mails(app) == []
        judged(app, tired, clock, NIGHT + DAY)
        assert mails(app) == [(NIGHT + DAY, MailKind.WEEKLY)]
        with app.store.transaction() as tx:
            mail = tx.mailbox.latest(kind=MailKind.WEEKLY)
        assert "AFTER THAT LONG RUN" in mail.text
        assert mail.chart_png.startswith(b"\x89PNG")


class TestWeeklyLetter:
    def test_it_comes_on_mondays_to_who_asked_for_it(self, app, steady, clock):
        """Once, with the week's figures; never unasked."""
        monday = NIGHT + DAY
        with_runs(app, steady, season_of_runs(NIGHT + 8 * DAY, days=130))
        judged(app, steady, clock, monday)
        assert mails(app) == []
        choose(app, steady, weekly=Choice.WEEKLY, check_in=Choice.OFF)
        for n in range(1, 9):
            judged(app, steady, clock, monday + n * DAY)
        assert mails(app) == [(monday + 7 * DAY, MailKind.WEEKLY)]
        with app.store.transaction() as tx:
            text = " ".join(tx.mailbox.latest(kind=MailKind.WEEKLY).text.split())
        assert "Load of the last seven days" in text
        assert "nothing stood out from your own normal" in text

    def test_a_quiet_monday_moves_it(self, app, steady, clock):
        """To the first day of the week that is not."""
        choose(app, steady, weekly=Choice.WEEKLY, check_in=Choice.OFF)
        with app.store.transaction() as tx:
            tx.preferences.set_quiet_days(steady.id, [0, 1])
        for n in range(5):
            judged(app, steady, clock, NIGHT + n * DAY)
        assert mails(app) == [(NIGHT + 3 * DAY, MailKind.WEEKLY)]

    def test_what_is_never_written_about_is_told_in_it(self, app, steady, clock):
        """Strength work, once in four weeks; its question too."""
        choose(app, steady, weekly=Choice.WEEKLY, check_in=Choice.OFF)
        told = []
        for week in range(4):
            judged(app, steady, clock, NIGHT + (1 + 7 * week) * DAY)
            with_runs(app, steady, season_of_runs(NIGHT + 7 * (week + 1) * DAY, days=14))
            with app.store.transaction() as tx:
                text = tx.mailbox.latest(kind=MailKind.WEEKLY).text
            told.append("STRENGTH WORK" in text)
        assert sorted(told) == [False, False, False, True]

    def test_a_week_without_distances_is_a_week_of_runs(self, app, clock):
        """On the treadmill the watch tells the time alone."""
        athlete = an_athlete(app)
        indoors = [replace(run, trainer=True, distance_m=0.0) for run in season_of_runs(NIGHT - DAY)]
        with_runs(app, athlete, indoors)
        choose(app, athlete, weekly=Choice.WEEKLY, check_in=Choice.OFF)
        judged(app, athlete, clock, NIGHT + DAY)
        with app.store.transaction() as tx:
            text = tx.mailbox.latest(kind=MailKind.WEEKLY).text
        assert "No run was recorded" not in text
        assert "2 runs. Load" in text

    def test_a_warning_that_waited_is_not_told_in_pain(self, app, clock):
        """It was seen on Sunday, the pain was told of on the same day: Monday's letter keeps its word."""
        athlete = an_athlete(app)
        with_runs(app, athlete, season_of_runs(NIGHT - DAY, spike=True))
        choose(app, athlete, weekly=Choice.WEEKLY, warning=Choice.WEEKLY)
        judged(app, athlete, clock, NIGHT)
        with app.store.transaction() as tx:
            tx.checkins.put(athlete.id, CheckIn(NIGHT, legs=2, pain=True), app.now())
        judged(app, athlete, clock, NIGHT + DAY)
        with app.store.transaction() as tx:
            text = " ".join(tx.mailbox.latest(kind=MailKind.WEEKLY).text.split())
        assert "after that long run" not in text.lower()
        assert "Until you say that it is over" in text
        assert "Is it over?" in text

    def test_pain_of_this_morning_is_heeded_by_a_letter_judged_late(self, app, steady, clock):
        """Told before the letter was written and after the night began."""
        choose(app, steady, weekly=Choice.WEEKLY, check_in=Choice.OFF)
        with app.store.transaction() as tx:
            tx.checkins.put(steady.id, CheckIn(NIGHT + DAY, legs=2, pain=True), app.now())
        judged(app, steady, clock, NIGHT + DAY)
        with app.store.transaction() as tx:
            text = " ".join(tx.mailbox.latest(kind=MailKind.WEEKLY).text.split())
        assert "Until you say that it is over" in text
        assert "longest run of 30 days" not in text

    def test_while_pain_is_up_no_distance_is_given(self, app, steady, clock):
        """Told three weeks ago and not taken back: nothing is said of training."""
        choose(app, steady, weekly=Choice.WEEKLY, check_in=Choice.OFF)
        with app.store.transaction() as tx:
            tx.checkins.put(steady.id, CheckIn(NIGHT - 20 * DAY, legs=2, pain=True), app.now())
        judged(app, steady, clock, NIGHT + DAY)
        with app.store.transaction() as tx:
            assert "stays within a tenth" not in " ".join(
                tx.mailbox.latest(kind=MailKind.WEEKLY).text.split()
            )

    def test_a_week_without_anything_recorded_brings_none(self, app, clock):
        """A letter about nothing is not worth opening."""
        athlete = an_athlete(app)
        with_runs(app, athlete, season_of_runs(NIGHT - 10 * DAY))
        choose(app, athlete, weekly=Choice.WEEKLY)
        judged(app, athlete, clock, NIGHT + DAY)
        assert mails(app) == []


class TestBeforeTheLongRun:
    @pytest.fixture
    def returning(self, app, clock):
        """24 km on Sundays until five weeks ago, since then little more than ten."""
        athlete = an_athlete(app)
        sundays = {NIGHT - n * 7 * DAY: 24_000.0 if n > 4 else 10_400.0 for n in (1, 2, 5, 6, 7)}
        others = [run for run in season_of_runs(SATURDAY) if run.training_day not in sundays]
        with_runs(
            app, athlete, [*others, *(one_run(day, metres, metres / 166) for day, metres in sundays.items())]
        )
        choose(app, athlete, check_in=Choice.OFF)
        return athlete

    def test_it_comes_the_day_before_its_usual_day(self, app, returning, clock):
        """Once: the week after it is known."""
        for n in range(14):
            judged(app, returning, clock, NIGHT + n * DAY)
        assert mails(app) == [(SATURDAY, MailKind.LONG_RUN)]
        with app.store.transaction() as tx:
            text = " ".join(tx.mailbox.latest(kind=MailKind.LONG_RUN).text.split())
        assert "On a Sunday you usually run long: 24.0 km" in text
        assert "30 days is 11.4 km" in text

    def test_who_switched_it_off_hears_nothing(self, app, returning, clock):
        """Off is off."""
        choose(app, returning, long_run=Choice.OFF)
        judged(app, returning, clock, SATURDAY)
        assert mails(app) == []

    def test_it_may_wait_for_the_letter(self, app, returning, clock):
        """Monday's letter speaks of the coming Sunday; in two weeks the longest was on another day."""
        with_runs(app, returning, [one_run(NIGHT - n * DAY, 10_600.0, 64) for n in (2, 30)])
        choose(app, returning, long_run=Choice.WEEKLY, weekly=Choice.WEEKLY)
        judged(app, returning, clock, NIGHT + DAY)
        assert mails(app) == [(NIGHT + DAY, MailKind.WEEKLY)]
        with app.store.transaction() as tx:
            text = " ".join(tx.mailbox.latest(kind=MailKind.WEEKLY).text.split())
        assert "On a Sunday you usually run long: 24.0 km" in text


def test_changed_answers_change_the_next_verdict(app, steady, clock):
    """The resting heart rate moves every load; nothing computed with the old one is remembered."""
    judged(app, steady, clock, NIGHT)
    with app.store.transaction() as tx:
        before = tx.nights.latest(steady.id)
        tx.athletes.set_profile(steady.id, Profile(resting_hr=42, max_hr=195), again(app, steady).units)
    judged(app, steady, clock, NIGHT + DAY)
    with app.store.transaction() as tx:
        after = tx.nights.latest(steady.id)
    assert after.inputs_digest != before.inputs_digest
    assert abs(after.assessment.fitness - before.assessment.fitness) > 1


def test_one_night_s_letter_lies_there_once(app, harder):
    """Judged twice by two workers: the key of the mail decides."""
    judge(app, [str(harder.id)])
    with app.store.transaction() as tx:
        tx.connection.exec_driver_sql("DELETE FROM night")
        tx.connection.exec_driver_sql(
            "UPDATE athlete SET next_night = %s, next_night_at = %s, last_night_at = NULL",
            (NIGHT, datetime(2026, 3, 1, 3, 30).astimezone()),
        )
    judge(app, [str(harder.id)])
    assert mails(app) == [(NIGHT, MailKind.CHECK_IN)]
