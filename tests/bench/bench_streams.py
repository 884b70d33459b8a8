"""What is summed up from a recording's points, beside a loop over its seconds: CPU time of one process.

``one_hour`` and ``linear``: everything the archive's door takes from a track (heart rates believed, moving
time, way, climb, means, the highest heart rate, kilometres with their grade-adjusted speed), in columns
against pure Python second by second, the same figures to 1e-6 (to the
last digit where they are rounded); and four hours against one.
"""

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from service.archive import track as t
from service.archive.track import COLUMNS, Track
from tests.bench.timing import cpu_s, least_cpu_s

HOUR, HOURS = 3_600, 4
LAST_DIGITS = (0.11, 0.1, 0.11, 0.11, 0.0011)
"""A kilometre's figures come rounded, and a half may fall to either side."""
SPEED, BEATS = 3.0, 150.0


def bench() -> Iterator[str]:
    one, four = _recorded(HOUR), _recorded(HOURS * HOUR)
    for recording in (one, four):
        _same(_ours(recording), _theirs(_rows(recording)))
    rows = _rows(one)
    fast = slow = long = float("inf")
    for _ in range(5):  # in turns, as the machine's clock moves
        slow = min(slow, cpu_s(lambda: _theirs(rows)))
        fast = min(fast, least_cpu_s(lambda: _ours(one), 10))
        long = min(long, least_cpu_s(lambda: _ours(four), 5))
    yield (
        f"one_hour ratio {slow / fast:.1f}x ours {fast * 1e3:.2f} ms, second by second {slow * 1e3:.1f} ms "
        "(aim 25x)"
    )
    yield f"linear ratio {long / fast:.2f}x {HOURS} h {long * 1e3:.2f} ms, 1 h {fast * 1e3:.2f} ms (aim 4.2x)"


def _recorded(seconds: int) -> Track:
    """A hilly run at 1 Hz with noise, a stop every quarter of an hour, lost heart rates and lost heights."""
    dice = np.random.default_rng(11)
    at = np.arange(seconds, dtype=np.float64)
    speed = np.where(at % 900 < 870, SPEED + dice.normal(0, 0.2, seconds), 0.0)
    way = np.round(np.cumsum(speed), 2)
    height = np.round(100 + 30 * np.sin(way / 700) + np.cumsum(dice.normal(0, 0.02, seconds)), 1)
    beats = np.round(BEATS + 10 * np.sin(at / 600) + dice.normal(0, 2, seconds))
    beats[dice.random(seconds) < 0.01] = 0.0
    beats[dice.random(seconds) < 0.02] = np.nan
    height[dice.random(seconds) < 0.02] = np.nan
    steps = np.round(84 + dice.normal(0, 1, seconds))
    return Track(1.7e9 + at, way, height, beats, steps, np.full(seconds, 18.0))


def _ours(recorded: Track) -> dict[str, Any]:
    track, wrong = recorded.believed()
    return {
        "wrong": wrong,
        "covered_m": track.covered_m,
        "moving_s": track.moving_s,
        "climb_m": track.climb_m,
        **{name: track.mean(name) for name in ("heart_rate", "cadence", "temperature_c")},
        "highest": track.highest("heart_rate"),
        "splits": [
            (s.distance_m, s.moving_s, s.elevation_m, s.average_hr, s.grade_adjusted_mps)
            for s in track.splits()
        ],
    }


def _same(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    """Raises where the loop finds something else."""
    for name, value in ours.items():
        if name != "splits" and not math.isclose(value, theirs[name], abs_tol=1e-6):
            raise AssertionError(f"{name}: {value} in columns, {theirs[name]} second by second")
    for number, (our, their) in enumerate(zip(ours["splits"], theirs["splits"], strict=True)):
        if any(abs(a - b) > digit for a, b, digit in zip(our, their, LAST_DIGITS, strict=True)):
            raise AssertionError(f"kilometre {number}: {our} in columns, {their} second by second")


Row = Sequence[float | None]
"""Time, way, height, heart rate, cadence, temperature; ``None`` = not observed."""


def _rows(track: Track) -> list[Row]:
    columns = [getattr(track, name).tolist() for name in COLUMNS]
    return [tuple(None if v != v else v for v in row) for row in zip(*columns, strict=True)]


def _theirs(rows: Sequence[Row]) -> dict[str, Any]:
    """The same figures as one writes them without columns."""
    times = [row[0] for row in rows]
    steps = [b - a if b - a <= t.LONGEST_STEP_S else 0.0 for a, b in pairwise(times)] + [0.0]
    beats, wrong = [], 0
    for row in rows:
        value = row[3]
        good = value is not None and t.LOWEST_HR <= value <= t.HIGHEST_HR
        wrong += value is not None and not good and value != 0
        beats.append(value if good else None)
    way, height = _filled([row[1] for row in rows], times), _filled([row[2] for row in rows], times)
    return {
        "wrong": wrong,
        "covered_m": max(way) - min(min(way), 0.0),
        "moving_s": _moving(times, way, steps),
        "climb_m": _climb([row[2] for row in rows]),
        "heart_rate": _mean(beats, steps),
        "cadence": _mean([row[4] for row in rows], steps),
        "temperature_c": _mean([row[5] for row in rows], steps),
        "highest": max(value for value in beats if value is not None),
        "splits": _splits(way, height, beats, steps),
    }


def _mean(values: Sequence[float | None], steps: Sequence[float]) -> float:
    known = [(value, step) for value, step in zip(values, steps, strict=True) if value is not None]
    return sum(value * step for value, step in known) / sum(step for _, step in known)


def _at(x: float, xs: Sequence[float], ys: Sequence[float]) -> float:
    """Straight between the neighbours, level beyond the ends."""
    after = bisect_left(xs, x)
    if after == 0:
        return ys[0]
    if after == len(xs):
        return ys[-1]
    x0, x1, y0, y1 = xs[after - 1], xs[after], ys[after - 1], ys[after]
    return y1 if x1 == x0 else y0 + (y1 - y0) * (x - x0) / (x1 - x0)


def _filled(values: Sequence[float | None], times: Sequence[float]) -> list[float]:
    known = [(at, value) for at, value in zip(times, values, strict=True) if value is not None]
    xs, ys = [at for at, _ in known], [value for _, value in known]
    return [_at(at, xs, ys) if value is None else value for at, value in zip(times, values, strict=True)]


def _moving(times: Sequence[float], way: Sequence[float], steps: Sequence[float]) -> float:
    total = 0.0
    for index in range(len(times) - 1):
        middle = (times[index] + times[index + 1]) / 2
        ahead = min(middle + t.SPEED_OVER_S / 2, times[-1])
        behind = max(middle - t.SPEED_OVER_S / 2, times[0])
        if _at(ahead, times, way) - _at(behind, times, way) >= t.SLOWEST_MPS * (ahead - behind):
            total += steps[index]
    return total


def _climb(heights: Sequence[float | None]) -> float:
    total, low = 0.0, None
    for height in heights:
        if height is None:
            continue
        if low is None or height < low:
            low = height
        elif height >= low + t.CLIMB_COUNTS_FROM_M:
            total, low = total + height - low, height
    return total


def _factor(slope: float) -> float:
    """As ``effort_factor``: uphill by metabolic cost, downhill by equal heart rate."""
    bounded = min(max(slope, -t.STEEPEST), t.STEEPEST)
    if bounded >= 0:
        return _polynomial(t.RUNNING_COST.tolist(), bounded) / float(t.RUNNING_COST[-1])
    return _polynomial(t.DESCENT.tolist(), bounded) if bounded >= t.DESCENT_AS_FLAT else 1.0


def _polynomial(coefficients: Sequence[float], x: float) -> float:
    value = 0.0
    for each in coefficients:
        value = value * x + each
    return value


def _splits(
    filled: Sequence[float], height: Sequence[float], beats: Sequence[float | None], steps: Sequence[float]
) -> list[tuple[float, ...]]:
    way, furthest = [], -math.inf
    for metres in filled:
        furthest = max(furthest, metres)
        way.append(furthest)
    half, number, kilometres = t.GRADE_OVER_M / 2, -1.0, []
    for index, metres in enumerate(way):
        run = min(metres + half, way[-1]) - max(metres - half, way[0])
        slope = (_at(metres + half, way, height) - _at(metres - half, way, height)) / run
        onward = way[index + 1] - metres if index + 1 < len(way) else 0.0
        if metres // t.SPLIT_M != number:
            number = metres // t.SPLIT_M
            kilometres.append([index, index, 0.0, 0.0, 0.0, 0])
        each = kilometres[-1]
        each[1] = min(index + 1, len(way) - 1)
        each[2] += onward * _factor(slope)
        each[3] += steps[index]
        if beats[index] is not None:
            each[4] += beats[index]
            each[5] += 1
    found = []
    for first, last, flat, seconds, beat, count in kilometres:
        metres = way[last] - way[first]
        if metres >= t.SHORTEST_SPLIT_M and seconds > 0:
            rise = round(height[last] - height[first], 1)
            flat_mps = round(flat / seconds, 3)
            found.append((round(metres, 1), round(seconds), rise, round(beat / count, 1), flat_mps))
    return found
