"""What is planted: trouble that deserves a warning, and circumstances that deserve none.

An episode is the runner's plan from its first day on. Body and answers follow the load: nothing on the
first three days, everything from the tenth (a block), or with the weeks (a slow build). ``deserves`` is
``warning`` or ``silence``; ``lasts`` is how many nights after the first day are looked at.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.bench.runners import LONG, NORMAL, TEMPLATES, Day

Course = Callable[[int, int], list[Day]]
"""From runs a week and the weekday of the first day to the planted days."""


@dataclass(frozen=True, slots=True)
class Episode:
    name: str
    what: str
    deserves: str
    lasts: int
    course: Course
    looked: tuple[int, ...] = ()
    """Nights after the first day by which a detection is counted."""
    synced_day: int | None = None
    """The last day that could be read: later nights are judged on stale data."""


def _grown(day: int, first: int, last: int) -> float:
    return min(1.0, max(0.0, (day - first) / (last - first)))


def _tired(share: float, *, body: float = 0.03, effort: float = 1.5, answers: float = -1.5) -> Day:
    return Day(body=body * share, effort=effort * share, answers=answers * share)


def _block(runs: int, weekday: int) -> list[Day]:
    return [replace(_tired(_grown(day, 3, 10)), volume=1.6) for day in range(21)]


def _slow(runs: int, weekday: int) -> list[Day]:
    return [replace(_tired(_grown(day, 7, 35)), volume=1.1 ** (1 + day // 7)) for day in range(42)]


def _no_rest(runs: int, weekday: int) -> list[Day]:
    """Every day a run of the same length, in sum the same week."""
    km = sum(TEMPLATES[runs]) / 7
    return [
        replace(_tired(_grown(day, 5, 14), body=0.02, effort=1, answers=-1.0), km=km) for day in range(21)
    ]


def _spike(runs: int, weekday: int) -> list[Day]:
    long = (LONG - weekday) % 7
    days = [NORMAL] * long + [Day(times_longest=2.2, effort=2.0)]
    return [*days, *[Day(answers=-1.5, body=0.03, effort=1.5)] * 3]


def _overreached(runs: int, weekday: int) -> list[Day]:
    """Heart rate falls, runs feel harder and are slower, answers fall: 21 days at 1.6 ×, 14 at 0.9 ×."""
    days = []
    for day in range(35):
        tired = _tired(_grown(day, 3, 10), body=-0.06, effort=2.0, answers=-1.8)
        days.append(replace(tired, volume=1.6 if day < 21 else 0.9, speed=-0.04 * _grown(day, 3, 10)))
    return days


def _fitter(runs: int, weekday: int) -> list[Day]:
    """The same heart rate with less effort, more speed and fresher answers."""
    return [
        Day(body=-0.06 * grown, effort=-1.2 * grown, speed=0.03 * grown, answers=0.6 * grown)
        for grown in (_grown(day, 0, 35) for day in range(56))
    ]


def _hot_week(runs: int, weekday: int) -> list[Day]:
    return [Day(temperature_c=31.0 + day * 7 % 5, body=0.02, effort=1.2, answers=-0.5) for day in range(10)]


def _taper_race(runs: int, weekday: int) -> list[Day]:
    """Two weeks that fall to half, a half marathon on a Sunday, a week of almost nothing."""
    to_sunday = (LONG - weekday) % 7
    days = [NORMAL] * to_sunday
    days += [Day(volume=0.75)] * 7 + [Day(volume=0.5)] * 6
    days += [Day(race_km=21.1)]
    return [*days, *[Day(volume=0.4, answers=-1.5, effort=1.0, body=0.02)] * 4, *[Day(volume=0.6)] * 5]


def _break_return(runs: int, weekday: int) -> list[Day]:
    back = [
        Day(volume=min(1.0, 0.5 + 0.1 * (day // 7)), body=0.04 * (1 - _grown(day, 0, 35)))
        for day in range(42)
    ]
    return [Day(rest=True)] * 21 + back


def _illness(runs: int, weekday: int) -> list[Day]:
    sick = [Day(rest=True, ill=True, answers=-1.5)] * 5
    weak = [Day(rest=True, answers=-1.0)] * 3
    return [*sick, *weak, *[Day(volume=0.7, body=0.03, effort=0.5, answers=-0.3, ill=False)] * 7]


def _travel(runs: int, weekday: int) -> list[Day]:
    return [Day(zone_h=8, body=0.02, answers=-0.6 if day < 4 else 0.0) for day in range(10)]


def _locked(runs: int, weekday: int) -> list[Day]:
    return [Day(sensor_locked=day % 2 == 0) for day in range(25)]


EPISODES = (
    Episode("block", "+60 % for 3 weeks", "warning", 21, _block, (9, 14, 21)),
    Episode("slow", "+10 % a week for 6 weeks", "warning", 42, _slow, (21, 42)),
    Episode("no_rest", "no day of rest for 3 weeks, same total", "warning", 21, _no_rest, (14, 21)),
    Episode("spike", "one run of 2.2 times the longest of 30 days", "warning", 10, _spike, (10,)),
    Episode(
        "overreached", "+60 %, slower, heart rate down, effort up", "warning", 35, _overreached, (14, 21, 35)
    ),
    Episode("fitter", "heart rate down, effort down, faster", "silence", 56, _fitter),
    Episode("hot_week", "ten days above 30 degrees", "heat", 12, _hot_week),
    Episode("taper_race", "two weeks of taper, a race, easy days", "silence", 34, _taper_race),
    Episode("break_return", "three weeks of nothing, back from half", "silence", 63, _break_return),
    Episode("illness", "ill for eight days, back gently", "silence", 18, _illness),
    Episode("travel", "seven hours to the east", "silence", 12, _travel),
    Episode("late_upload", "+60 %, nothing read after the fifth day", "silence", 21, _block, (), 5),
    Episode("sensor_fault", "the sensor counts steps on every second day", "silence", 27, _locked),
)
