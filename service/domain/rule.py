"""A rule as people may read it: the constants behind it, each with its source."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Constant:
    """One number of judgement as config/ holds it. ``grade``: A trials or a very large cohort, B controlled
    or prospective study, C small or conflicting, D our own judgement, X vendor convention."""

    name: str
    value: str
    unit: str
    grade: str
    source: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """Constants that belong together, under the title people read."""

    title: str
    constants: tuple[Constant, ...]
