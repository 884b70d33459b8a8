"""Retention: nothing of Strava's, and no number made of it, outlives its days unless it was read again."""

from dataclasses import replace
from datetime import timedelta

import pytest

from service.jobs.clock import due_nights, purge
from service.jobs.nightly import judge
from service.settings import Settings
from tests.apps import an_athlete, season_of_runs, with_runs
from tests.jobs.test_sync import DAY

NUMBERS = ("fitness", "fatigue", "longest_safe_m", "balanced_load")
AGE = "SELECT count(*) FROM activity WHERE source = 'strava' AND fetched_at < %s"


@pytest.fixture
def warned(app, clock):
    """An athlete whose night has a finding with evidence."""
    athlete = an_athlete(app)
    with_runs(app, athlete, season_of_runs(clock.now().date() - DAY, spike=True))
    due_nights(app)
    judge(app, [str(athlete.id)])
    return athlete


def newest(app, athlete):
    with app.store.transaction() as tx:
        night = tx.nights.latest(athlete.id)
    assert night is not None
    return night


def numbers(night):
    """Every number of a verdict that comes from sessions."""
    assessment = night.assessment
    evidence = [each for finding in assessment.findings for each in finding.evidence]
    return [
        each for each in (*(getattr(assessment, name) for name in NUMBERS), *evidence) if each is not None
    ]


def older(app, before):
    """Rows of Strava's that nobody has read again since."""
    with app.store.transaction() as tx:
        return tx.connection.exec_driver_sql(AGE, (before,)).scalar_one()


def test_after_the_limit_nothing_is_left_but_what_was_said(app, clock, warned):
    """Rows and numbers are gone; state, score, reasons and the decision stay."""
    before = newest(app, warned)
    assert numbers(before)
    clock.move_to(clock.now() + 7 * DAY + timedelta(seconds=1))
    purge(app)
    after = newest(app, warned)
    assert (older(app, clock.now()), numbers(after)) == (0, [])
    assert (after.decision, after.inputs_digest) == (before.decision, before.inputs_digest)
    stays = ("state", "score", "level", "contexts", "rule_version", "unseen")
    assert [getattr(after.assessment, name) for name in stays] == [
        getattr(before.assessment, name) for name in stays
    ]
    kinds = [
        (finding.cause, finding.rule, finding.level, finding.score) for finding in before.assessment.findings
    ]
    assert [(f.cause, f.rule, f.level, f.score) for f in after.assessment.findings] == kinds


def test_up_to_the_limit_everything_is_there(app, clock, warned):
    """A second before."""
    before = newest(app, warned)
    clock.move_to(clock.now() + 7 * DAY - timedelta(seconds=1))
    purge(app)
    assert numbers(newest(app, warned)) == numbers(before)
    assert older(app, clock.now()) > 0


def test_what_is_read_again_lives_on(app, clock, warned):
    """For as long as it is read again; at no time is anything older than the limit."""
    runs = season_of_runs(clock.now().date() - DAY, spike=True)
    for _ in range(5):
        clock.move_to(clock.now() + 5 * DAY)
        with_runs(app, warned, runs)
        purge(app)
        assert older(app, clock.now() - 7 * DAY) == 0
    with app.store.transaction() as tx:
        assert tx.activities.counts() == {warned.id: len(runs)}


def test_an_operator_with_consent_may_keep(app, clock, warned):
    """0 = keep."""
    before = newest(app, warned)
    clock.move_to(clock.now() + 300 * DAY)
    purge(replace(app, settings=Settings(_env_file=None, strava_retention_days=0)))
    assert numbers(newest(app, warned)) == numbers(before)
    assert older(app, clock.now()) > 0


def test_emptying_is_done_once(app, clock, warned):
    """A row that is empty is not written again."""
    clock.move_to(clock.now() + 8 * DAY)
    with app.store.transaction() as tx:
        assert [tx.nights.empty_evidence(clock.now() - 7 * DAY) for _ in range(2)] == [1, 0]
