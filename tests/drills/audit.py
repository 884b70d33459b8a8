"""What is true afterwards: our rows against Strava's, nights against the calendar, mails against the post."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from service.domain.night import due_instant, next_night
from tests.drills.figure import Figure, none
from tests.drills.ground import START, Ground
from tests.drills.passage import Passage

FINAL = ("sent", "refused", "in_doubt", "expired", "suppressed")


def audit(passage: Passage, *, doubts: int, losses: int, repeats: int = 0) -> list[Figure]:
    """The invariants. ``doubts``, ``losses``: how many crashes could leave a mail in doubt, a token lost;
    ``repeats``: how many could keep a refusal of a lost one from being noted, so that it is asked for again.
    """
    ground = passage.ground
    return [
        *activities(ground),
        *nights(ground),
        *mails(ground, doubts),
        *tokens(passage, losses, repeats),
        none("parked", _count(ground, "SELECT count(*) FROM athlete WHERE sync_parked_at IS NOT NULL")),
        none("undone", sum(passage.pending())),
    ]


def activities(ground: Ground) -> Iterator[Figure]:
    """Rows here and visible sessions there: the same set."""
    ours = ground.query(
        "SELECT a.strava_id, x.external_id FROM activity x JOIN athlete a ON a.id = x.athlete_id"
    )
    theirs = {
        (athlete["id"], str(row["id"]))
        for athlete in ground.standin.athletes()
        for row in ground.standin.activities(athlete["id"])
    }
    yield Figure("activities", len(theirs), least=1)
    yield none("activities_lost", len(theirs - set(ours)))
    yield none("activities_too_many", len(set(ours) - theirs))


def nights(ground: Ground) -> Iterator[Figure]:
    """Every local date from the first due one to the last, once each; also in the log, which has no key."""
    judged = ground.query("SELECT a.strava_id, n.night FROM night n JOIN athlete a ON a.id = n.athlete_id")
    due = {(athlete["id"], night) for athlete in ground.standin.athletes() for night in _due(ground, athlete)}
    told = ground.query("SELECT athlete_id, fields->>'night' FROM logbook WHERE event = 'night_judged'")
    yield Figure("nights", len(due), least=1)
    yield none("nights_lost", len(due - set(judged)))
    yield none("nights_too_many", len(set(judged) - due))
    yield none("nights_doubled", _doubles(told))


def _due(ground: Ground, athlete: dict[str, Any]) -> Iterator[date]:
    night = next_night(START, athlete["zone"]) - timedelta(days=1)
    while due_instant(night, athlete["zone"]) <= ground.clock.now():
        yield night
        night += timedelta(days=1)


def mails(ground: Ground, doubts: int) -> Iterator[Figure]:
    """Decided = settled; accepted at most once a Message-ID and once a key; said to be sent = accepted."""
    rows = ground.query("SELECT message_id, athlete_id, night, kind, number, state FROM mail")
    keys = {row[0]: row[1:5] for row in rows}
    accepted = Counter(ground.post.message_ids)
    states = Counter(row[5] for row in rows)
    sent = {row[0] for row in rows if row[5] == "sent"}
    excused = {row[0] for row in rows if row[5] in ("sent", "in_doubt")}
    yield Figure("mails", len(rows))
    yield none(
        "mails_doubled",
        sum(accepted.values()) - len(accepted) + _doubles(keys[i] for i in accepted if i in keys),
    )
    yield none("mails_lost", len(sent - set(accepted)) + len(set(accepted) - excused))
    waiting = {state: count for state, count in states.items() if state not in FINAL}
    if waiting:
        print(f"mails that have not ended: {waiting}", flush=True)
    yield none("mails_open", sum(waiting.values()))
    yield Figure("expired", states["expired"], most=0)
    yield Figure("in_doubt", states["in_doubt"], most=doubts)


def tokens(passage: Passage, losses: int, repeats: int) -> Iterator[Figure]:
    """A dead refresh token is used only where a crash swallowed the living one: each athlete told once."""
    counters = passage.ground.standin.counters()
    yield Figure("rotations", counters.get("refresh_rotated", 0))
    yield Figure("rotations_lost", len(passage.lost), most=losses)
    yield none("rotations_lost_without_crash", sum(not lost.excused for lost in passage.lost))
    beside = counters.get("refresh_reuse", 0) - len(passage.lost)
    yield Figure("refresh_reuse_beside", beside, most=min(repeats, len(passage.lost)))


def _doubles(keys: Any) -> int:
    """How many are there more than once."""
    counted = Counter(keys)
    return sum(counted.values()) - len(counted)


def _count(ground: Ground, sql: str) -> int:
    [(count,)] = ground.query(sql)
    return int(count)
