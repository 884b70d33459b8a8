"""What only the detailed activity has, made from the same blocks as the row: splits, laps, exertion, gear."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from .rows import CANARY_DESCRIPTION, CANARY_PLACE, CANARY_POLYLINE, Row, average, stamp
from .runner import Block, Session

MILE_M = 1609.344
SENSOR_FIELDS = ("average_cadence", "average_heartrate", "max_heartrate")


@dataclass
class Piece:
    """A stretch of a session cut out by distance: parts of blocks in order."""

    parts: list[Block]

    @property
    def seconds(self) -> int:
        return sum(part.seconds for part in self.parts)

    @property
    def distance(self) -> float:
        return sum(part.distance for part in self.parts)

    @property
    def climb(self) -> float:
        return sum(part.climb_m for part in self.parts)

    def mean(self, name: str) -> float | None:
        """Time-weighted mean of ``heart_rate`` or ``cadence`` where it was seen."""
        seen = [(getattr(part, name), part.seconds) for part in self.parts if getattr(part, name) is not None]
        return average(seen) if seen else None


def pieces(blocks: tuple[Block, ...], length_m: float) -> Iterator[Piece]:
    """Cut a session every ``length_m`` metres; the last piece is what remains."""
    parts: list[Block] = []
    missing = length_m
    for block in blocks:
        rest = block
        while rest.speed > 0 and rest.distance >= missing:
            seconds = max(1, round(missing / rest.speed))
            if seconds >= rest.seconds:
                break
            parts.append(_part(rest, seconds))
            yield Piece(parts)
            rest, parts, missing = _part(rest, rest.seconds - seconds), [], length_m
        parts.append(rest)
        missing -= rest.distance
        if missing <= 0:
            yield Piece(parts)
            parts, missing = [], length_m
    if parts:
        yield Piece(parts)


def _part(block: Block, seconds: int) -> Block:
    climb = block.climb_m * seconds / block.seconds
    return Block(seconds, block.speed, block.heart_rate, block.cadence, climb, block.lap)


def _split(number: int, piece: Piece) -> Row:
    speed = piece.distance / max(1, piece.seconds)
    grade = 100 * piece.climb / max(1.0, piece.distance)
    split: Row = {
        "distance": round(piece.distance, 1),
        "elapsed_time": piece.seconds,
        "elevation_difference": round(piece.climb, 1),
        "moving_time": piece.seconds,
        "split": number,
        "average_speed": round(speed, 2),
        "average_grade_adjusted_speed": round(speed * (1 + 0.033 * grade), 2),
    }
    beats = piece.mean("heart_rate")
    if beats is not None:
        split["average_heartrate"] = beats
    return split | {"pace_zone": 2}


def splits(session: Session, length_m: float) -> list[Row]:
    """``splits_metric`` (1000 m) or ``splits_standard`` (a mile). The pauses fall into the first split."""
    rows = [_split(number, piece) for number, piece in enumerate(pieces(session.blocks, length_m), start=1)]
    rows[0]["elapsed_time"] += session.pauses_s
    return rows


def _lap_pieces(session: Session) -> list[Piece]:
    if any(block.lap for block in session.blocks):
        numbers = sorted({block.lap for block in session.blocks})
        return [Piece([block for block in session.blocks if block.lap == number]) for number in numbers]
    if session.sport == "Run" and not session.manual:
        return list(pieces(session.blocks, 1000.0))
    return [Piece(list(session.blocks))]


def laps(session: Session, row: Row) -> list[Row]:
    """Lap-key laps of interval sessions, kilometres of other runs, one lap for the rest."""
    rows: list[Row] = []
    at = 0
    for number, piece in enumerate(_lap_pieces(session), start=1):
        begin = session.start + timedelta(seconds=at)
        rows.append(_lap(session, row, number, piece, at, begin))
        at += piece.seconds
    rows[-1]["elapsed_time"] += session.pauses_s
    return rows


def _lap(session: Session, row: Row, number: int, piece: Piece, at: int, begin: Any) -> Row:
    speed = piece.distance / max(1, piece.seconds)
    lap: Row = {
        "id": session.id * 100 + number,
        "resource_state": 2,
        "name": f"Lap {number}",
        "activity": {"id": session.id, "visibility": row["visibility"], "resource_state": 1},
        "athlete": row["athlete"],
        "elapsed_time": piece.seconds,
        "moving_time": piece.seconds,
        "start_date": stamp(begin),
        "start_date_local": stamp(begin + timedelta(seconds=session.utc_offset_s)),
        "distance": round(piece.distance, 2),
        "average_speed": round(speed, 2),
        "max_speed": round(max(part.speed for part in piece.parts) * 1.15, 3),
        "lap_index": number,
        "split": number,
        "start_index": at,
        "end_index": at + piece.seconds - 1,
        "total_elevation_gain": round(max(0.0, piece.climb), 1),
    }
    steps, beats = piece.mean("cadence"), piece.mean("heart_rate")
    if steps is not None:
        lap["average_cadence"] = round(steps / 2, 1)
    lap["device_watts"] = False
    if beats is not None:
        lap["average_heartrate"] = round(beats, 1)
        lap["max_heartrate"] = float(round(max(part.heart_rate or 0 for part in piece.parts) + 2))
    return lap | {"pace_zone": 2}


def _effort(session: Session, row: Row, number: int) -> Row:
    return {
        "id": session.id * 1000 + number,
        "resource_state": 2,
        "name": f"Effort {number}",
        "activity": {"id": session.id, "visibility": row["visibility"], "resource_state": 1},
        "athlete": row["athlete"],
        "elapsed_time": 240,
        "moving_time": 240,
        "start_date": row["start_date"],
        "start_date_local": row["start_date_local"],
        "distance": 700.0,
        "start_index": 10,
        "end_index": 250,
        "segment": {
            "id": 1000 + number,
            "resource_state": 2,
            "name": f"Segment {number}",
            "start_latlng": CANARY_PLACE,
        },
        "achievements": [],
        "hidden": False,
    }


def detail(session: Session, row: Row) -> Row:
    """``GET /activities/{id}`` without ``segment_efforts``; ``row`` is the summary as it stands now."""
    blocks = session.distance_m > 0
    more: Row = {
        "resource_state": 3,
        "map": row["map"] | {"polyline": CANARY_POLYLINE, "resource_state": 3},
        "description": CANARY_DESCRIPTION,
        "calories": round(session.distance_m / 1000 * session.runner.weight_kg, 1),
        "perceived_exertion": session.effort,
        "prefer_perceived_exertion": None if session.effort is None else session.number % 2 == 0,
        "splits_metric": splits(session, 1000.0) if blocks and not session.manual else [],
        "splits_standard": splits(session, MILE_M) if blocks and not session.manual else [],
        "laps": laps(session, row),
        "best_efforts": [],
        "photos": {"primary": None, "count": 0},
        "stats_visibility": [{"type": name, "visibility": "everyone"} for name in ("heart_rate", "pace")],
        "hide_from_home": False,
        "embed_token": "0" * 40,
        "private_note": CANARY_DESCRIPTION,
        "available_zones": ["heartrate", "pace"] if row.get("has_heartrate") else ["pace"],
    }
    if row.get("gear_id"):
        more["gear"] = gear(row["gear_id"], session.number)
    return row | more


def gear(gear_id: str, number: int = 0) -> Row:
    """A shoe, summary form."""
    return {
        "id": gear_id,
        "primary": True,
        "name": "Canary Shoe",
        "nickname": None,
        "resource_state": 2,
        "retired": False,
        "distance": 150_000 + 9_000 * (number % 60),
        "converted_distance": round((150_000 + 9_000 * (number % 60)) / MILE_M, 1),
    }


def segment_efforts(session: Session, row: Row, *, everything: bool) -> list[Row]:
    """What ``include_all_efforts`` decides: one effort, or all of them."""
    count = 12 if everything else 1
    return [_effort(session, row, number) for number in range(1, count + 1)] if session.sport == "Run" else []
