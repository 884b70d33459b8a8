"""The weekly letter: the week in figures, the nights, one picture, and what comes next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from service.domain.advice import Advice
from service.domain.athlete import Units
from service.domain.course import Day, LongRun
from service.domain.finding import Assessment, State
from service.domain.message import Message
from service.domain.night import MailKind
from service.notify import days, phrases, quantity
from service.notify.chart import ALT, Picture
from service.notify.letter import Block, Chart, Letter, Link, Paragraph, Points, Section
from service.notify.long_run import sentence
from service.notify.message import USUAL_WINDOW, Links, finished
from service.notify.warning import (
    Told,
    help_at_once,
    legs,
    limits,
    measure,
    series,
    step,
    strength_block,
    sureness,
)

BARS = 28
NIGHTS: Mapping[State, str] = {
    State.CLEAR: "nothing stood out from your own normal",
    State.WATCH: "something differed from your usual, not enough to write about",
    State.WARN: "your legs were expected to be heavier",
    State.LEARNING: "we were still learning what is normal for you",
}
NO_PROMISE = "This is no promise: only what was recorded and what you told us was judged."


@dataclass(frozen=True, slots=True)
class Kept:
    """What was seen on one night of the week: a warning that was to wait for this letter, with how often
    such warnings were right (``None`` = not measured); or what is never a reason to write."""

    assessment: Assessment
    advice: Advice | None
    measured: str | None = None


@dataclass(frozen=True, slots=True)
class Week:
    """What the letter of the morning of ``night`` tells. ``course`` ends with the day before it, oldest
    first; ``nights`` counts verdicts; ``kept`` are the warnings that waited, ``noted`` what is told only
    here; ``flagged``: illness or pain was told of and not taken back, so nothing is said of training."""

    night: date
    course: Sequence[Day]
    runs: int
    distance_m: float
    nights: Mapping[State, int]
    kept: Sequence[Kept] = ()
    noted: Sequence[Kept] = ()
    ceiling_m: float | None = None
    long_run: LongRun | None = None
    unseen: Sequence[str] = ()
    flagged: bool = False


def weekly(
    week: Week, *, links: Links, units: Units = Units.METRIC, picture: Picture | None = None
) -> Message:
    """The letter of the week that ended yesterday."""
    drafts = (
        _flagged(week, links),
        *(_kept(each, week.night, units) for each in week.kept),
        _legs(links),
        _nights(week),
        *(_noted(each, units) for each in week.noted),
        _load(week, picture),
        _next(week, units),
        _unseen(week),
    )
    letter = Letter(
        subject="Your week, and where it leads",
        headline="Your week, and where it leads.",
        opening=_opening(week, units),
        sections=tuple(section for section in drafts if section.blocks),
        footer=(
            Paragraph(phrases.NOT_ADVICE),
            Paragraph("You get this letter because you asked for it."),
            Paragraph("", (Link("Your page, with all the reasons", links.status_url),)),
            Paragraph("", (Link("Stop the weekly letter", links.unsubscribe_url),)),
        ),
    )
    return finished(MailKind.WEEKLY, week.night, letter, links.unsubscribe_url, picture)


def _opening(week: Week, units: Units) -> str:
    load = sum(day.load or 0 for day in week.course[-7:])
    before = [day.load for day in week.course[-49:-7] if day.load is not None]
    usual = f"; an average week of the six before: {7 * sum(before) / len(before):.0f}" if before else ""
    if week.runs == 0:
        return f"No run was recorded this week. Load of the last seven days: {load:.0f} load points{usual}."
    way = f", {quantity.distance(week.distance_m, units)}" if week.distance_m else ""
    runs = f"{week.runs} run{'' if week.runs == 1 else 's'}{way}"
    return f"{runs}. Load of the last seven days: {load:.0f} load points{usual}."


def _flagged(week: Week, links: Links) -> Section:
    if not week.flagged:
        return Section("", ())
    told = "You told us of illness or pain. Until you say that it is over we say nothing about training."
    link = (Link("Is it over?", links.checkin_url),) if links.checkin_url else ()
    return Section("Until it is over", (Paragraph(told, link), Paragraph(phrases.CLINICIAN)), "lead")


def _kept(kept: Kept, today: date, units: Units) -> Section:
    """A warning that waited, with all it owes and the first of its advice that still holds ``today``."""
    finding = kept.assessment.leading
    if finding is None:
        return Section("", ())
    until = max(finding.until or kept.assessment.night + USUAL_WINDOW, kept.assessment.night)
    over = " Those days are over." if until < today else ""
    blocks: list[Block] = [
        Paragraph(f"Seen on the night of {days.spoken(kept.assessment.night)}, kept for this letter.{over}")
    ]
    blocks += [measure(evidence, units) for evidence in finding.evidence[:3]]
    offered = (kept.advice.now, *kept.advice.plan) if kept.advice else ()
    blocks += [step(item, today) for item in offered if item.until is None or item.until >= today][:1]
    told = Told(kept.assessment, finding, kept.advice, units, None, (), kept.measured)
    for part in (sureness(told), limits(told), help_at_once(told)):
        blocks += part.blocks
    return Section(phrases.headline(finding, days.spoken(until)), tuple(blocks), "lead")


def _noted(noted: Kept, units: Units) -> Section:
    """What is never a reason to write: one observation, one thing to do, the question it leaves."""
    finding, advice = noted.assessment.leading, noted.advice
    if finding is None or advice is None:
        return Section("", ())
    blocks: list[Block] = [measure(evidence, units) for evidence in finding.evidence[:1]]
    blocks.append(step(advice.now, noted.assessment.night))
    blocks += [Paragraph(advice.question), Paragraph(advice.limits)]
    blocks += strength_block(advice)
    return Section(phrases.headline(finding, ""), tuple(blocks))


def _legs(links: Links) -> Section:
    if links.checkin_url is None:
        return Section("How are the legs?", ())
    return Section("How are the legs? One tap", (legs(links.checkin_url),))


def _nights(week: Week) -> Section:
    points = tuple(
        f"{count} night{'' if count == 1 else 's'}: {NIGHTS[state]}."
        for state, count in week.nights.items()
        if count
    )
    return Section("The nights", (Points(points), Paragraph(NO_PROMISE)) if points else ())


def _load(week: Week, picture: Picture | None) -> Section:
    loads = [(day.date, day.load) for day in week.course[-BARS:]]
    blocks: list[Block] = [series(loads), Paragraph(phrases.LOAD_POINTS)] if loads else []
    blocks += [Chart(picture.caption, ALT)] if picture else []
    return Section("Your load", tuple(blocks))


def _next(week: Week, units: Units) -> Section:
    blocks: list[Block] = []
    if week.long_run:
        blocks.append(Paragraph(sentence(week.long_run, units)))
    elif week.ceiling_m:
        ceiling = quantity.distance(week.ceiling_m, units)
        blocks.append(Paragraph(f"Up to {ceiling} stays within a tenth of your longest run of 30 days."))
    return Section("The next long run", tuple(blocks))


def _unseen(week: Week) -> Section:
    points = tuple(phrases.unseen(name) for name in week.unseen)
    return Section("What we could not see", (Points(points),) if points else ())
