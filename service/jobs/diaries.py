"""Diaries for the nights ahead: the kept one where it is still true, else made anew and kept.

What an event tells is packed at once, so that the night finds it ready; whatever else has changed (a list, an
answer, the profile, a rule), the night sees from the rows and packs it itself.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from service.analyse.assess import HORIZON
from service.analyse.diary import Diary, answers_of, diary_of
from service.analyse.packing import pack, pack_answers, packed_version, unpack
from service.app import App
from service.domain.athlete import Athlete
from service.domain.packed import PackedAnswers, PackedSessions
from service.jobs.history import read_history
from service.logs import log
from service.store.diaries import KeptDiary

NIGHTS_BEFORE = 6
"""Earlier nights judged again for hysteresis: state is recomputed from data, never remembered."""


@dataclass(frozen=True, slots=True)
class Known:
    """An athlete's diary, and the name of what it was made from: the same inputs, the same digest."""

    diary: Diary
    digest: str


def diaries_of(app: App, wanted: Mapping[Athlete, date]) -> dict[UUID, Known]:
    """The diary of each athlete for the nights from the given one on."""
    version = packed_version(app.constants)
    with app.store.transaction() as tx:
        kept = tx.diaries.of_many([athlete.id for athlete in wanted], _month_of(app.now() - HORIZON))
    found = {}
    for athlete, first_night in wanted.items():
        own = kept[athlete.id]
        packed = _sessions(app, athlete, first_night, own, version), _answers(app, athlete, own)
        found[athlete.id] = Known(unpack(*packed), _digest(athlete, own))
    return found


def refresh(app: App, athlete_id: UUID) -> None:
    """Make the diary of the next night before it is asked for, where it is not true any more."""
    with app.store.transaction() as tx:
        athlete = tx.parking.begin_packing(athlete_id)
    if athlete is None:
        return
    try:
        diaries_of(app, {athlete: athlete.next_night - timedelta(days=NIGHTS_BEFORE)})
    except Exception as error:  # the night will meet it again, and says so to the athlete's row
        log().warning("diary_not_packed", athlete=athlete_id, exc_info=error)
    with app.store.transaction() as tx:
        tx.parking.no_attempt(athlete_id)  # only a death leaves the attempt


def _sessions(app: App, athlete: Athlete, first_night: date, kept: KeptDiary, version: str) -> PackedSessions:
    known = kept.sessions.packed
    if known and kept.sessions.true and known.version == version and known.from_night <= first_night:
        return known
    now = app.now()
    with app.store.transaction() as tx:
        history = read_history(tx, athlete, now)
    # Outside any transaction: pure work. The mark is older than what was read, so rows that came in between
    # only make the night look again.
    packed = pack(diary_of(history, app.constants, first_night), first_night, app.constants)
    with app.store.transaction() as tx:
        tx.diaries.keep_sessions(athlete.id, packed, kept.sessions.mark, _month_of(now - HORIZON), now)
    return packed


def _answers(app: App, athlete: Athlete, kept: KeptDiary) -> PackedAnswers:
    if kept.answers.packed and kept.answers.true:
        return kept.answers.packed
    with app.store.transaction() as tx:
        packed = pack_answers(answers_of(tx.checkins.of(athlete.id, (app.now() - HORIZON).date())))
        tx.diaries.keep_answers(athlete.id, packed, kept.answers.mark)
    return packed


def _month_of(moment: datetime) -> datetime:
    """Its beginning: what two years leave behind makes a diary untrue once a month, not every night."""
    return moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _digest(athlete: Athlete, kept: KeptDiary) -> str:
    inputs = (kept.sessions.mark, kept.answers.mark, athlete.profile)
    return hashlib.sha256(repr(inputs).encode()).hexdigest()
