"""A replay as one page that needs nothing else: calendar, warnings, plots, what is missing."""

import calendar
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from statistics import median
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from service.advise.calibration import Calibration
from service.advise.calibration import load as load_calibration
from service.domain.activity import Activity
from service.domain.athlete import Units
from service.domain.finding import Evidence, Finding, State
from service.domain.history import History
from service.errors import InputError
from service.jobs import plot
from service.jobs.replay_input import Reading
from service.jobs.replayed import CONFIG, Replayed
from service.notify import phrases
from service.notify.measured import sentence
from service.notify.quantity import said
from service.web import words

TEMPLATES = Path(__file__).parent / "templates"
USUAL_WINDOW = timedelta(days=2)
WEEKS_SHOWN = 28  # days of running drawn beside a warning
MIDDLE_OVER = timedelta(days=28)
MOST_REFUSALS = 50
DAY = timedelta(days=1)


def write(path: Path, reading: Reading, history: History, nights: Sequence[Replayed]) -> str:
    """Write the page; returns a line that says where it is. Raises ``InputError`` if that is not possible."""
    page = rendered(reading, history, nights)
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise InputError(f"--html {path}: it cannot be written ({error.strerror})") from None
    return f"wrote {path} ({len(page.encode()) // 1024} KiB)\n"


def rendered(reading: Reading, history: History, nights: Sequence[Replayed]) -> str:
    """The page. Session titles are never read, so none can stand here."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    css = Markup((TEMPLATES / "history.css").read_text(encoding="utf-8"))  # noqa: S704 - our own stylesheet
    calibration = load_calibration(CONFIG / "calibration.toml")
    warned = [each for each in nights if each.decision.mail]
    return environment.get_template("history.html.j2").render(
        css=css,
        first=nights[0].assessment.night if nights else None,
        last=nights[-1].assessment.night if nights else None,
        nights=len(nights),
        sessions=len(history.activities),
        counts=Counter(each.assessment.state.value for each in nights),
        warnings=[_warning(each, history, calibration) for each in reversed(warned)],
        a_year=f"{len(warned) / max(len(nights) / 365.25, 0.1):.1f}",
        years=list(_years(nights)),
        load=_load(nights),
        heart=_heart(history, warned),
        silent=_silent(nights),
        missing=list(_missing(reading, history, nights)),
        refusals=reading.refusals[:MOST_REFUSALS],
        refused=reading.refused,
        rule_version=nights[-1].assessment.rule_version if nights else "",
        not_advice=phrases.NOT_ADVICE,
        load_points=phrases.LOAD_POINTS,
        date=words.day,
    )


def _years(nights: Sequence[Replayed]) -> Iterator[dict[str, Any]]:
    """Newest year first; in it the months as weeks of seven days from Monday, 0 where no day is."""
    for year, of_year in groupby(reversed(nights), key=lambda each: each.assessment.night.year):
        by_day = {each.assessment.night: each for each in of_year}
        months = sorted({day.month for day in by_day}, reverse=True)
        yield {"year": year, "months": [_month(year, month, by_day) for month in months]}


def _month(year: int, month: int, by_day: dict[date, Replayed]) -> dict[str, Any]:
    cells = []
    for number in calendar.Calendar().itermonthdays(year, month):
        night = by_day.get(date(year, month, number)) if number else None
        cells.append(
            {
                "number": str(number),
                "state": night.assessment.state.value if night else "none",
                "mail": night.decision.mail if night else False,
                "date": f"{year}-{month:02d}-{number:02d}",
            }
        )
    mails = sum(bool(cell["mail"]) for cell in cells)
    name = f"{date(year, month, 1):%B %Y}"
    return {"name": name, "cells": cells, "label": f"{name}: {mails} warning{'' if mails == 1 else 's'}"}


def _warning(night: Replayed, history: History, calibration: Calibration) -> dict[str, Any]:
    assessment = night.assessment
    finding = assessment.findings[0]
    until = max(finding.until or assessment.night + USUAL_WINDOW, assessment.night)
    return {
        "id": assessment.night.isoformat(),
        "day": f"{words.day(assessment.night)} {assessment.night.year}",
        "headline": phrases.headline(finding, words.day(until)),
        "cause": phrases.CAUSES[finding.cause],
        "measured": sentence(calibration.of(finding)),
        "how_sure": words.how_sure(finding),
        "evidence": [_evidence(each) for each in finding.evidence],
        "unseen": " ".join(phrases.unseen(name) for name in finding.unseen),
        "ruled_out": " ".join(phrases.ruled_out(name) for name in finding.ruled_out),
        "also": [phrases.CAUSES[each.cause] for each in assessment.findings[1:] if each.level is not None],
        **_weeks_before(assessment.night, finding, history),
    }


def _evidence(evidence: Evidence) -> dict[str, str]:
    what, unit = evidence.what, evidence.unit
    return {
        "what": phrases.evidence(what),
        "days": words.span(evidence.first_day, evidence.last_day),
        "value": said(evidence.value, unit, Units.METRIC, what),
        "usual": "" if evidence.baseline is None else said(evidence.baseline, unit, Units.METRIC, what),
        "against": phrases.baseline(what),
    }


def _weeks_before(night: date, finding: Finding, history: History) -> dict[str, Any]:
    """The running of four weeks, a bar a day; the days the evidence speaks of stand out."""
    days = [night - back * DAY for back in range(WEEKS_SHOWN, 0, -1)]
    metres = dict.fromkeys(days, 0.0)
    for activity in history.activities:
        if activity.is_run and activity.training_day in metres:
            metres[activity.training_day] += activity.distance_m
    spans = [(each.first_day, each.last_day) for each in finding.evidence]
    spoken_of = [any(first <= day <= last for first, last in spans) for day in days]
    longest = max(metres.values())
    label = f"Kilometres run on each of the {WEEKS_SHOWN} days before; the most was {longest / 1000:.1f}"
    return {
        "bars": plot.bars(list(metres.values()), spoken_of, label),
        "bars_from": words.short_day(days[0]),
        "bars_to": words.short_day(days[-1]),
        "bars_top": f"{longest / 1000:.1f} km",
    }


def _load(nights: Sequence[Replayed]) -> plot.Plot | None:
    days = [each.assessment.night for each in nights]
    series = (
        plot.Curve("fatigue", days, [each.assessment.fatigue for each in nights]),
        plot.Curve("fitness", days, [each.assessment.fitness for each in nights]),
    )
    marks = [each.assessment.night for each in nights if each.decision.mail]
    return plot.curves(series, marks, "Load of the last week and of the last six weeks", from_zero=True)


def _heart(history: History, warned: Sequence[Replayed]) -> plot.Plot | None:
    """The mean heart rate of each run and the middle of four weeks."""
    runs = [(each.training_day, each.average_hr) for each in history.activities if _has_heart(each)]
    days, values = [day for day, _ in runs], [value for _, value in runs]
    middles: list[float | None] = []
    start = 0
    for n, (day, _) in enumerate(runs):
        while days[start] < day - MIDDLE_OVER:
            start += 1
        lately = [value for value in values[start : n + 1] if value is not None]
        middles.append(median(lately) if len(lately) > 2 else None)
    series = (plot.Curve("beat", days, values, dots=True), plot.Curve("middle", days, middles))
    span = (days[0], days[-1]) if days else None
    nights = [each.assessment.night for each in warned]
    marks = [night for night in nights if span and span[0] <= night <= span[1]]
    label = "Mean heart rate of each run, and its middle over four weeks"
    return plot.curves(series, marks, label, from_zero=False)


def _has_heart(activity: Activity) -> bool:
    return activity.is_run and activity.average_hr is not None


def _silent(nights: Sequence[Replayed]) -> list[tuple[str, int]]:
    """Why nothing was written on the nights that stood out."""
    reasons = Counter(
        words.SILENCES[each.decision.silent_because].partition(": ")[2]
        for each in nights
        if each.decision.silent_because and each.assessment.state in (State.WATCH, State.WARN)
    )
    return reasons.most_common()


def _missing(reading: Reading, history: History, nights: Sequence[Replayed]) -> Iterator[str]:
    """What stood between this history and surer verdicts, in sentences."""
    runs = [each for each in history.activities if each.is_run]
    if not any(each.legs or each.soreness or each.fatigue for each in history.checkins):
        yield (
            "How the mornings felt: there are no check-ins. It is what tells most, and a warning that needs "
            "it was never given here."
        )
    bare = sum(each.average_hr is None for each in runs)
    if bare:
        yield f"Heart rate: {bare} of {len(runs)} runs have none."
    plain = sum(not each.splits for each in runs)
    if plain:
        yield f"Kilometres one by one: {plain} of {len(runs)} runs are known by their totals only."
    blind = Counter(name for each in nights for name in each.assessment.unseen if name != "check_in")
    for name, count in blind.most_common(4):
        yield f"{phrases.unseen(name)} So on {count} of {len(nights)} nights."
    if reading.zone == "UTC" and any(each.utc_offset_s == 0 for each in runs):
        yield "The hour: some files do not say their time zone. Name yours with --tz, as in Europe/Oslo."
