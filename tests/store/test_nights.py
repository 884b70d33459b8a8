"""Nights: judged once, remembered whole, counted by what became of them."""

from datetime import date
from threading import Barrier, Thread
from uuid import UUID, uuid4

import pytest

from service.domain.finding import Cause, Level
from service.domain.night import Decision, MailKind, SentMail, Silence
from service.store.session import Store
from tests.store.samples import DAY, MAILED, NOW, SCOPES, SILENT, TODAY, assessment


def test_a_night_comes_back_whole(store: Store, athlete: UUID) -> None:
    """Verdict, decision and the digest of the inputs."""
    with store.transaction() as tx:
        assert tx.nights.latest(athlete) is None
        assert tx.nights.record(athlete, TODAY, assessment(warning=True), MAILED, NOW, "digest")
        kept = tx.nights.latest(athlete)
    assert kept is not None
    assert (kept.night, kept.judged_at, kept.inputs_digest) == (TODAY, NOW, "digest")
    assert (kept.assessment, kept.decision) == (assessment(warning=True), MAILED)


def test_a_night_is_judged_once(store: Store, athlete: UUID) -> None:
    """The second verdict is refused and the first stays."""
    with store.transaction() as tx:
        assert tx.nights.record(athlete, TODAY, assessment(), SILENT, NOW, "first")
        assert not tx.nights.record(athlete, TODAY, assessment(warning=True), MAILED, NOW, "second")
        assert [night.inputs_digest for night in tx.nights.of(athlete, 9)] == ["first"]


def test_of_two_workers_one_judges(store: Store, athlete: UUID) -> None:
    """Whatever the timing, exactly one is told that the night was new."""
    barrier, told = Barrier(4), []

    def judge() -> None:
        barrier.wait()
        with store.transaction() as tx:
            told.append(tx.nights.record(athlete, TODAY, assessment(), SILENT, NOW, "x"))

    threads = [Thread(target=judge) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == [False, False, False, True]


def test_newest_nights_come_first(store: Store, athlete: UUID) -> None:
    """As many as asked for."""
    with store.transaction() as tx:
        for back in (2, 0, 1):
            night = TODAY - back * DAY
            tx.nights.record(athlete, night, assessment(night), SILENT, NOW, "x")
        assert [night.night for night in tx.nights.of(athlete, 2)] == [TODAY, TODAY - DAY]


def test_restraint_sees_the_warnings_sent(store: Store, athlete: UUID) -> None:
    """Cause, rule, level and tier of each since a day, oldest first; silent nights are not among them."""
    nobody = uuid4()
    with store.transaction() as tx:
        for back, decision in ((9, MAILED), (3, MAILED), (2, Decision(None, Silence.COOLDOWN)), (1, MAILED)):
            night = TODAY - back * DAY
            tx.nights.record(athlete, night, assessment(night, warning=True), decision, NOW, "x")
        sent = tx.nights.sent_warnings(athlete, TODAY - 3 * DAY)
        assert tx.nights.sent_warnings_of_many([athlete, nobody], TODAY - 3 * DAY) == {
            athlete: sent,
            nobody: [],
        }
    assert sent == [
        SentMail(
            TODAY - back * DAY,
            MailKind.WARNING,
            Cause.MUSCLE_FATIGUE,
            "session_spike",
            Level.LIKELY,
            tier="second",
        )
        for back in (3, 1)
    ]


def test_a_warning_without_a_finding_is_a_defect(store: Store, athlete: UUID) -> None:
    """It is named instead of guessed at."""
    with store.transaction() as tx:
        tx.nights.record(athlete, TODAY, assessment(), MAILED, NOW, "x")
        with pytest.raises(ValueError, match="has no finding"):
            tx.nights.sent_warnings(athlete, TODAY)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, [0, 1, 2]),  # all, newest first
        ({"mailed": True}, [1]),  # warned
        ({"mailed": False}, [0, 2]),  # silent
        ({"silent_because": "cooldown"}, [2]),  # why silent
        ({"state": "warn"}, [1, 2]),  # by verdict
        ({"since": date(2026, 2, 28)}, [0, 1]),  # from a night on
        ({"until": date(2026, 2, 28)}, [1, 2]),  # up to a night
        ({"limit": 1}, [0]),  # a page
    ],
)
def test_admins_filter_nights(store: Store, athlete: UUID, filters: dict, expected: list[int]) -> None:
    """By what happened and why not."""
    with store.transaction() as tx:
        for back, decision in enumerate((SILENT, MAILED, Decision(None, Silence.COOLDOWN))):
            night = TODAY - back * DAY
            tx.nights.record(athlete, night, assessment(night, warning=back > 0), decision, NOW, "x")
        found = tx.nights.many(athlete_id=athlete, **filters)
        assert tx.nights.many(athlete_id=uuid4(), **filters) == []
    assert [(TODAY - night.night).days for night in found] == expected


def test_outcomes_are_counted(store: Store, athlete: UUID) -> None:
    """Mails by kind, silences by reason."""
    with store.transaction() as tx:
        other = tx.athletes.connect(8, SCOPES, "UTC", NOW).id
        tx.nights.record(athlete, TODAY, assessment(warning=True), MAILED, NOW, "x")
        tx.nights.record(athlete, TODAY - DAY, assessment(), SILENT, NOW, "x")
        tx.nights.record(other, TODAY, assessment(), SILENT, NOW, "x")
        assert tx.nights.counts() == {"warning": 1, "nothing_found": 2}
