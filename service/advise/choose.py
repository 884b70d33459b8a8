"""The suggestions for one night, placed in time.

Strength work never starts inside the recovery window: ``StrengthBlock.start`` is the day after it.
"""

from datetime import date, timedelta

from service.advise.catalogue import Block, Catalogue, Entry, Item, Ladder, Place
from service.domain.advice import Advice, StrengthBlock, Suggestion
from service.domain.finding import Assessment
from service.domain.history import Profile, StrengthHabit

STRENGTH_WEEKS = 6
"""Of the last twelve, with strength work: what a block lasts at least (Blagrove 2018: six to twenty)."""
ADULT_FROM = 18
"""Years. Younger people, and people whose age we do not know, get no amounts to eat."""


def advise(assessment: Assessment, catalogue: Catalogue, *, profile: Profile) -> Advice | None:
    """What to do about the leading finding, from the morning of ``assessment.night`` on.

    ``None`` without a finding, without an entry for it, and while a red flag (illness, pain) is up: then
    nothing about training may be suggested.
    """
    finding = assessment.leading
    if finding is None or assessment.flagged:
        return None
    entry = catalogue.entry(finding.cause, finding.rule)
    if entry is None:
        return None
    night = assessment.night
    recovered = max(finding.until or night + timedelta(days=entry.window_days - 1), night)
    items = [item for item in entry.plan if _is_adult(profile, night) or not item.adults_only]
    placed = [_placed(item, night, recovered) for item in items]
    return Advice(
        cause=finding.cause,
        now=_placed(entry.now, night, recovered),
        plan=tuple(item for item in placed if item.until is None or item.start <= item.until),
        strength=_strength(entry, assessment, profile, recovered + timedelta(days=1)),
        question=entry.question,
        limits=entry.limits,
    )


def _placed(item: Item, night: date, recovered: date) -> Suggestion:
    first = recovered + timedelta(days=1) if item.place is Place.AFTER else night
    start = first + timedelta(days=item.offset)
    until = None if item.days is None else start + timedelta(days=item.days - 1)
    return Suggestion(
        title=item.title,
        text=item.text,
        source=item.source,
        start=start,
        until=recovered if item.place is Place.WINDOW else until,
    )


def _strength(entry: Entry, assessment: Assessment, profile: Profile, start: date) -> StrengthBlock | None:
    if entry.ladder is None:
        return None
    block = _rung(entry.ladder, assessment, profile)
    return StrengthBlock(
        name=block.name,
        sessions_a_week=block.sessions_a_week,
        weeks=block.weeks,
        exercises=block.exercises,
        move_on_when=block.move_on_when,
        start=start,
        source=block.source,
    )


def _rung(ladder: Ladder, assessment: Assessment, profile: Profile) -> Block:
    """By the weeks with strength work on record, or else by what was told; unknown counts as none: the
    lighter block is the kinder mistake. Hops only after six weeks on record, and never after an injury."""
    if _is_novice(profile, assessment.night):
        return ladder.novice
    weeks, habit = assessment.strength_weeks, profile.strength_habit
    if weeks >= STRENGTH_WEEKS:
        return ladder.pain_free if profile.injured_last_year is False else ladder.weekly
    if habit is StrengthHabit.WEEKLY:
        return ladder.weekly
    return ladder.sometimes if weeks or habit is StrengthHabit.SOMETIMES else ladder.none


def _is_novice(profile: Profile, night: date) -> bool:
    """Running for less than a year; the year alone is known, so its middle is taken."""
    return profile.running_since is not None and night < date(profile.running_since + 1, 7, 1)


def _is_adult(profile: Profile, night: date) -> bool:
    """The year alone is known, so the birthday is taken to come on the last day of it."""
    return profile.birth_year is not None and night.year - profile.birth_year - 1 >= ADULT_FROM
