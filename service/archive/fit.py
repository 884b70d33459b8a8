"""FIT files, Garmin's binary format, by way of fitdecode."""

import io
import struct
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import fitdecode
from fitdecode.exceptions import FitError

from service.archive import sport
from service.archive.found import Unreadable
from service.archive.recording import Recording, local_offset, moment, steps
from service.archive.track import Track
from service.domain.activity import RUNS, Lap

EPOCH_S = 631_065_600
"""FIT counts from 31 December 1989, 00:00 UTC."""
CLOCK_SET_FROM = 0x1000_0000
"""Smaller times count from when the watch was switched on (FIT protocol, ``date_time``)."""
MOST_POINTS = 500_000
FILE_ID, SESSION, LAP, RECORD, ACTIVITY = 0, 18, 19, 20, 34
WANTED = frozenset({FILE_ID, SESSION, LAP, RECORD, ACTIVITY})
FIELD_DESCRIPTION, DEVELOPER_DATA_ID = 206, 207
DECODED = WANTED | {FIELD_DESCRIPTION, DEVELOPER_DATA_ID}
TIMESTAMP, NO_TIME = 253, 0xFFFF_FFFF
POINT = ("timestamp", "distance", "altitude", "heart_rate", "cadence", "temperature")
COLUMN = {name: column for column, name in enumerate(POINT)} | {"enhanced_altitude": 2}
BROKEN = (
    FitError, struct.error, ValueError, TypeError, KeyError, IndexError, AssertionError, AttributeError,
    OverflowError, EOFError, UnicodeError, RecursionError, ZeroDivisionError,
)  # fmt: skip
"""What fitdecode ends in on damaged bytes: its own errors, and those of the Python beneath."""

Message = Mapping[str, object]


@dataclass
class Contents:
    """The messages of a file that matter here, values as the profile scales them, times in FIT seconds."""

    kinds: list[object] = field(default_factory=list)
    maker: Message = field(default_factory=dict)
    activity: Message = field(default_factory=dict)
    sessions: list[Message] = field(default_factory=list)
    laps: list[Message] = field(default_factory=list)
    points: list[list[float | None]] = field(default_factory=list)


def recordings(data: bytes) -> list[Recording]:
    """The sessions of one FIT file: one, or several of a multisport. Raises ``Unreadable``."""
    contents = contents_of(data)
    if contents.kinds and "activity" not in contents.kinds:
        raise Unreadable(f"it is a FIT file of {_kind(contents.kinds[0])}, not of an activity")
    if not contents.sessions:
        raise Unreadable("it has no session; the recording was not finished")
    track = Track.of(contents.points)
    return [
        recording
        for message in contents.sessions
        if str(message.get("sport")) != "transition"
        for recording in [_recording(message, contents, track)]
    ]


def contents_of(data: bytes) -> Contents:
    """Every wanted message. Raises ``Unreadable`` where the bytes are damaged or end too soon."""
    contents = Contents()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # fields outside the profile are of no interest here
            for frame in _frames(data):
                _take(frame, contents)
    except BROKEN as error:
        raise Unreadable(f"it is damaged or cut short ({type(error).__name__}); export it again") from None
    return contents


class _Reader(fitdecode.FitReader):
    """Reads past messages that nobody here wants without decoding them: most of a modern watch's file.

    Rests on fitdecode 0.11's inner methods; ``test_reading_past_changes_nothing`` fails if they change.
    """

    def __init__(self, data: bytes) -> None:
        super().__init__(
            io.BytesIO(data),
            processor=None,  # what it converts is not needed, and it costs a third of the time
            check_crc=fitdecode.CrcCheck.RAISE,
            error_handling=fitdecode.ErrorHandling.IGNORE,
        )
        self._layouts: dict[fitdecode.FitDefinitionMessage, tuple[int, int | None]] = {}

    def _read_data_message(self, header_chunk: bytes, header: Any) -> fitdecode.FitDataMessage:
        definition = self._local_mesg_defs.get(header.local_mesg_num)
        wanted = definition is None or definition.global_mesg_num in DECODED
        if wanted or header.time_offset is not None:
            return super()._read_data_message(header_chunk, header)
        size, clock_at = self._layouts.get(definition) or self._layout(definition)
        chunk = self._read_bytes(size) if size else b""
        if clock_at is not None:
            (now,) = struct.unpack_from(f"{definition.endian}I", chunk, clock_at)
            if now != NO_TIME:
                self._compressed_ts_accumulator = now  # later points may count from it
        return fitdecode.FitDataMessage(False, header.local_mesg_num, None, definition, [], None)

    def _layout(self, definition: fitdecode.FitDefinitionMessage) -> tuple[int, int | None]:
        size, clock_at = 0, None
        for each in definition.all_field_defs:
            if each.def_num == TIMESTAMP and each.size == 4 and not each.is_dev:
                clock_at = size
            size += each.size
        self._layouts[definition] = size, clock_at
        return size, clock_at


def _frames(data: bytes) -> Iterator[fitdecode.FitDataMessage]:
    with _Reader(data) as reader:
        for frame in reader:
            if frame.frame_type == fitdecode.FIT_FRAME_DATA and frame.global_mesg_num in WANTED:
                yield frame


def _take(frame: fitdecode.FitDataMessage, contents: Contents) -> None:
    number = frame.global_mesg_num
    if number == RECORD:
        if len(contents.points) >= MOST_POINTS:
            raise Unreadable(f"it has more than {MOST_POINTS} points; no session is that long")
        contents.points.append(_point(frame))
        return
    values = {each.name: each.value for each in frame.fields if each.value is not None}
    if number == FILE_ID:
        contents.kinds.append(values.get("type"))
        contents.maker = contents.maker or values
    elif number == SESSION:
        contents.sessions.append(values)
    elif number == LAP:
        contents.laps.append(values)
    else:
        contents.activity = values


def _point(frame: fitdecode.FitDataMessage) -> list[float | None]:
    point: list[float | None] = [None] * len(POINT)
    for each in frame.fields:
        if each.value is not None and each.field is not None:
            column = COLUMN.get(each.field.name)
            if column is not None:
                point[column] = _number(each.value)
    point[0] = _epoch(point[0])
    return point


def _recording(message: Message, contents: Contents, whole: Track) -> Recording:
    start_s = _epoch(_number(message.get("start_time")))
    if start_s is None:
        raise Unreadable("its clock was never set; nothing can be dated by it")
    elapsed = _number(message.get("total_elapsed_time"))
    track = whole if len(contents.sessions) == 1 else whole.between(start_s, start_s + (elapsed or 0.0))
    name = sport.from_fit(message.get("sport"), message.get("sub_sport"))
    return Recording(
        sport=name,
        start=moment(start_s),
        track=track,
        utc_offset_s=_local(contents.activity),
        timer_s=_number(message.get("total_timer_time")),
        elapsed_s=elapsed,
        distance_m=_number(message.get("total_distance")),
        climb_m=_number(message.get("total_ascent")),
        average_hr=_number(message.get("avg_heart_rate")),
        max_hr=_number(message.get("max_heart_rate")),
        cadence=_number(message.get("avg_running_cadence", message.get("avg_cadence"))),
        temperature_c=_number(message.get("avg_temperature")),
        trainer=str(message.get("sub_sport")) in sport.INDOORS,
        device=_device(contents.maker),
        laps=_laps(contents.laps, start_s, start_s + (elapsed or 0.0), runs=name in RUNS),
    )


def _laps(messages: list[Message], first_s: float, last_s: float, *, runs: bool) -> tuple[Lap, ...]:
    laps = []
    for message in messages:
        start_s = _epoch(_number(message.get("start_time")))
        distance, seconds = _number(message.get("total_distance")), _number(message.get("total_timer_time"))
        if start_s is None or not first_s <= start_s <= last_s or not distance or not seconds:
            continue
        heart = _number(message.get("avg_heart_rate"))
        cadence = _number(message.get("avg_running_cadence", message.get("avg_cadence")))
        laps.append(
            Lap(
                start=moment(start_s),
                distance_m=round(distance, 1),
                moving_s=max(1, round(seconds)),
                average_hr=heart if heart and 30 <= heart <= 240 else None,
                cadence_spm=steps(cadence) if runs else None,
            )
        )
    return tuple(laps)


def _local(activity: Message) -> int | None:
    utc, local = _number(activity.get("timestamp")), _number(activity.get("local_timestamp"))
    if utc is None or local is None or min(utc, local) < CLOCK_SET_FROM:
        return None
    return local_offset(utc, local)


def _device(maker: Message) -> str | None:
    """Make and model, never the serial number."""
    parts = [str(maker[key]) for key in ("manufacturer", "garmin_product", "product") if key in maker]
    return " ".join(parts[:2])[:100] or None


def _kind(kind: object) -> str:
    return str(kind)[:30].replace("_", " ")


def _epoch(fit_s: float | None) -> float | None:
    return None if fit_s is None or fit_s < CLOCK_SET_FROM else fit_s + EPOCH_S


def _number(value: object) -> float | None:
    if isinstance(value, tuple) and value:
        value = value[0]
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
