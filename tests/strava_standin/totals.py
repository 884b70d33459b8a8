"""Sums over activities: the totals of an athlete and the seconds in each zone of a session."""

from datetime import UTC, datetime
from typing import Any

from .athletes import Kept
from .rows import Row

SPORTS = {"run": ("Run", "TrailRun", "VirtualRun"), "ride": ("Ride", "VirtualRide"), "swim": ("Swim",)}
RECENT_S = 28 * 86_400
EDGES = (0.0, 0.6, 0.75, 0.82, 0.9)


def stats(rows: list[Row], now: int) -> dict[str, Any]:
    """The body of ``GET /athletes/{id}/stats``: recent is four weeks, ytd the year so far, all the rest."""
    year = datetime.fromtimestamp(now, UTC).year
    recent = datetime.fromtimestamp(now - RECENT_S, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    body: dict[str, Any] = {"biggest_ride_distance": None, "biggest_climb_elevation_gain": None}
    for name, sports in SPORTS.items():
        own = [row for row in rows if row["sport_type"] in sports]
        lately = [row for row in own if row["start_date"] >= recent]
        body[f"recent_{name}_totals"] = _sum(lately) | {"achievement_count": 0}
        body[f"ytd_{name}_totals"] = _sum([row for row in own if row["start_date"] >= f"{year}-"])
        body[f"all_{name}_totals"] = _sum(own)
    return body


def _sum(rows: list[Row]) -> dict[str, Any]:
    return {
        "count": len(rows),
        "distance": sum(row["distance"] for row in rows),
        "moving_time": sum(row["moving_time"] for row in rows),
        "elapsed_time": sum(row["elapsed_time"] for row in rows),
        "elevation_gain": sum(row["total_elevation_gain"] for row in rows),
    }


def zone_times(kept: Kept) -> list[dict[str, Any]]:
    """The body of ``GET /activities/{id}/zones``; empty without heart rate."""
    session = kept.session
    if session is None or session.peak_hr is None:
        return []
    top = session.runner.hr_max
    lows = [round(top * share) for share in EDGES]
    buckets = [
        {"min": low, "max": high, "time": 0.0} for low, high in zip(lows, [*lows[1:], -1], strict=True)
    ]
    for block in session.blocks:
        at = max(index for index, low in enumerate(lows) if (block.heart_rate or 0) >= low)
        buckets[at]["time"] += block.seconds
    return [
        {
            "score": kept.row.get("suffer_score"),
            "distribution_buckets": buckets,
            "type": "heartrate",
            "resource_state": 3,
            "sensor_based": True,
            "points": 0,
            "custom_zones": False,
        }
    ]
