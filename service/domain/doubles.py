"""One session that came through both doors: Strava's row is the one that counts."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta

from service.domain.activity import Activity, Source

SAME_START = timedelta(seconds=120)
SAME_SHARE = 0.8
"""Two recordings that share this much of the shorter one are of the same session."""
FORGOTTEN = timedelta(minutes=30)
"""A watch that was not stopped is not believed beyond this: it would swallow what came after."""


def strava_first(activities: Sequence[Activity]) -> list[Activity]:
    """``activities`` without those of an archive that Strava tells too. The order stays.

    While Strava's row lives it wins, because the athlete can correct it there; when it is no longer kept,
    the archive's stands again.
    """
    live = sorted((a for a in activities if a.source is Source.STRAVA), key=lambda each: each.start)
    if not live or len(live) == len(activities):
        return list(activities)
    starts = [each.start for each in live]
    numbers = {each.external_id for each in live}
    longest = max(_end(each) - each.start for each in live)

    def told(activity: Activity) -> bool:
        if activity.external_id in numbers:
            return True
        first = bisect_left(starts, activity.start - max(longest, SAME_START))
        last = bisect_right(starts, max(_end(activity), activity.start + SAME_START))
        return any(same_session(activity, each) for each in live[first:last])

    return [each for each in activities if each.source is Source.STRAVA or not told(each)]


def same_session(own: Activity, live: Activity) -> bool:
    """Whether an archive's session is the one that Strava tells: four fifths of both in common, or of one
    kind and started within two minutes or four fifths of it within Strava's."""
    common = min(_end(own), _end(live)) - max(own.start, live.start)
    shares = [common >= SAME_SHARE * (_end(each) - each.start) for each in (own, live)]
    if own.is_run == live.is_run:
        return abs(own.start - live.start) <= SAME_START or (common > timedelta(0) and shares[0])
    return all(shares)


def _end(activity: Activity) -> datetime:
    moving = timedelta(seconds=activity.moving_s)
    return min(activity.end, activity.start + moving + FORGOTTEN)
