"""A diary as bytes and back, so that a night reads neither two years of sessions nor their kilometres.

What a session tells rests on its own past alone, so a packed diary stays true until a session, the profile or
a rule changes; days that follow it are days of rest. Numbers are kept whole: the verdict from a packed
diary is that from the sessions it was made from, to the last bit.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.analyse.constants import Constants
from service.analyse.diary import ANSWERS, RECORDED, TOLD_DAYS, WINDOW_DAYS, Days, Diary
from service.analyse.load import Loads
from service.analyse.run_evidence import MIDDLE_OF_DAYS
from service.analyse.sessions import Sessions
from service.analyse.signals import Signals
from service.domain.packed import PackedAnswers, PackedSessions

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

KEPT_DAYS = TOLD_DAYS + MIDDLE_OF_DAYS
"""Sessions behind the first night that evidence may name or compare with."""
WHOLE = (Sessions, Loads, Signals)
UNANSWERED = 0


def _names(kind: Any) -> Iterator[str]:
    for each in fields(kind):
        yield from _names(each.type) if is_dataclass(each.type) else (f"{kind.__name__}.{each.name}",)


def _plan(kind: Any) -> "Plan":
    """A dataclass of columns and what each is made as, its own dataclasses as plans of their own."""
    made: dict[Any, Any] = {Floats: np.float64, Ints: np.int64}
    types = [each.type for each in fields(kind)]
    return kind, [_plan(each) if is_dataclass(each) else made.get(each, np.bool_) for each in types]


Plan = tuple[Any, Sequence[Any]]
PLANS = [_plan(kind) for kind in WHOLE]
COLUMNS = [name for kind in WHOLE for name in _names(kind)]


def packed_version(constants: Constants) -> str:
    """Names everything but the data that a packed diary depends on."""
    layout = (RECORDED, COLUMNS, KEPT_DAYS)
    print_of_rules = hashlib.sha256(repr((constants, layout)).encode()).hexdigest()[:16]
    return f"{constants.rule_version} {print_of_rules}"


def pack(diary: Diary, from_night: date, constants: Constants) -> PackedSessions:
    """``diary`` for nights from ``from_night`` on, which it was made for."""
    oldest = from_night.toordinal() - WINDOW_DAYS
    last = len(diary.days) - 1  # is kept, however old: it says that history has begun
    skipped = max(0, min(oldest - diary.days.first, last))
    kept = np.flatnonzero(diary.sessions.day >= from_night.toordinal() - KEPT_DAYS)
    columns = [leaf[kept] for part in (diary.sessions, diary.loads, diary.signals) for leaf in _leaves(part)]
    return PackedSessions(
        version=packed_version(constants),
        from_night=from_night,
        first_day=date.fromordinal(max(1, diary.days.first + skipped)),
        days=np.ascontiguousarray(diary.days.values[:, skipped:]).tobytes(),
        sessions=np.array(columns, dtype=np.float64).tobytes(),
        identities=tuple(diary.identities[row] for row in kept.tolist()),
    )


def pack_answers(answers: Days) -> PackedAnswers:
    """Every answer; 0 is what was not answered."""
    values = np.where(np.isnan(answers.values), UNANSWERED, answers.values + 1).astype(np.uint8)
    return PackedAnswers(date.fromordinal(max(1, answers.first)), values.tobytes())


def unpack(packed: PackedSessions, answers: PackedAnswers) -> Diary:
    """The diary again, as far back as its nights look."""
    rows = np.frombuffer(packed.sessions, dtype=np.float64).reshape(len(COLUMNS), len(packed.identities))
    columns = iter(rows)
    sessions, loads, signals = (_made(plan, columns) for plan in PLANS)
    days = np.frombuffer(packed.days, dtype=np.float64).reshape(len(RECORDED), -1)
    told = np.frombuffer(answers.days, dtype=np.uint8).reshape(len(ANSWERS), -1).astype(np.float64)
    return Diary(
        sessions=sessions,
        loads=loads,
        signals=signals,
        identities=packed.identities,
        days=Days(packed.first_day.toordinal(), days),
        answers=Days(answers.first_day.toordinal(), np.where(told == UNANSWERED, np.nan, told - 1)),
    )


def _leaves(part: Any) -> Iterator[NDArray[Any]]:
    for each in fields(part):
        value = getattr(part, each.name)
        yield from _leaves(value) if is_dataclass(value) else (value,)


def _made(plan: Plan, columns: Iterator[Floats]) -> Any:
    """The dataclass of columns, each in the type that its field declares."""
    kind, parts = plan
    return kind(*(_made(part, columns) if isinstance(part, tuple) else next(columns).astype(part, copy=False)
                  for part in parts))  # fmt: skip
