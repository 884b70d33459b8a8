"""The sections of a warning, in the order in which a tired person wants them: what to do, then why."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from service.domain.advice import Advice, StrengthBlock, Suggestion
from service.domain.athlete import Units
from service.domain.finding import Assessment, Cause, Evidence, Finding
from service.domain.text import listed
from service.notify import days, phrases, quantity
from service.notify.chart import ALT
from service.notify.letter import (
    Bar,
    Block,
    Chart,
    Choices,
    Link,
    Measure,
    Paragraph,
    Points,
    Section,
    Series,
    Step,
    Table,
)

STRAVA_ACTIVITY = "https://www.strava.com/activities/{}"
DayLoad = tuple[date, float | None]
"""One day's load (100 = one hour at threshold); ``None`` where nothing could be observed."""
NEWEST_DAYS = 3
SPIKE = "session_spike"
"""After it the plan asks for rest, so no figure stands beside it."""
OF_LOAD = frozenset({Cause.MUSCLE_FATIGUE, Cause.OVERREACHING})


@dataclass(frozen=True, slots=True)
class Told:
    """All that a warning is made from; see ``message.warning``."""

    assessment: Assessment
    finding: Finding
    advice: Advice | None
    units: Units
    checkin_url: str | None
    loads: Sequence[DayLoad]
    measured: str | None
    reply_url: str | None = None
    caption: str | None = None


def sections(told: Told) -> tuple[Section, ...]:
    """Every section that has something to say."""
    drafts = (
        _now(told),
        _seen(told),
        sureness(told),
        _question(told),
        _plan(told),
        _strength(told),
        limits(told),
        help_at_once(told),
        _sources(told),
    )
    return tuple(section for section in drafts if section.blocks)


def opening(told: Told) -> str:
    """What stands out, in one sentence."""
    first = next((e for e in told.finding.evidence if _usual(e, told.units) is not None), None)
    if first is None:
        return "Something in your last sessions differs from your usual. Here is what, and one thing to do."
    return observed(first, told.units)


def observed(evidence: Evidence, units: Units) -> str:
    """``Longest run, Sunday 1 March: 24.1 km; the longest of the 30 days before: 16.2 km.``"""
    name, usual = phrases.evidence(evidence.what), _usual(evidence, units)
    against = f"; {phrases.baseline(evidence.what)}: {usual}" if usual else ""
    return f"{name}, {days.span(evidence.first_day, evidence.last_day)}: {_value(evidence, units)}{against}."


def _now(told: Told) -> Section:
    if told.advice is None:
        return Section("One thing to do now", (), "lead")
    return Section("One thing to do now", (step(told.advice.now, told.assessment.night),), "lead")


def _seen(told: Told) -> Section:
    blocks: list[Block] = [measure(evidence, told.units) for evidence in told.finding.evidence]
    if any(evidence.unit == "load" for evidence in told.finding.evidence):
        blocks.append(Paragraph(phrases.LOAD_POINTS))
    if told.loads:
        blocks.append(series(told.loads))
    if told.caption:
        blocks.append(Chart(told.caption, ALT))
    also = [finding for finding in told.assessment.findings[1:] if finding.level is not None]
    if also:
        names = ", ".join(f"{phrases.CAUSES[f.cause].lower()} ({f.level})" for f in also)
        blocks.append(Paragraph(f"Also noticed, with less weight: {names}."))
    return Section("What we saw", tuple(blocks))


def sureness(told: Told) -> Section:
    """How sure, why, what was not seen and what was ruled out."""
    finding = told.finding
    level = phrases.LEVELS[finding.level] if finding.level else "This is a hint, not more."
    channels = sorted(finding.channels.items(), key=lambda item: -item[1])
    pointing = [f"{phrases.CHANNELS[c]} ({phrases.strength(v)})" for c, v in channels if v > 0]
    why = f" What points that way: {listed(pointing)}." if pointing else ""
    blocks: list[Block] = [Paragraph(f"{level}{why} {told.measured or phrases.NOT_MEASURED}")]
    unseen = _once(phrases.unseen(name) for name in (*finding.unseen, *told.assessment.unseen))
    if unseen:
        blocks += [Paragraph("What we could not see:"), Points(unseen)]
    ruled_out = _once(phrases.ruled_out(name) for name in finding.ruled_out)
    if ruled_out:
        blocks += [Paragraph("What we looked at and ruled out:"), Points(ruled_out)]
    return Section("How sure we are", tuple(blocks))


def _plan(told: Told) -> Section:
    night = told.assessment.night
    steps: list[Block] = [step(item, night) for item in told.advice.plan] if told.advice else []
    longest = told.assessment.longest_safe_m
    # Right after a much longer run its own tenth more is no limit to recommend.
    if told.finding.cause is Cause.MUSCLE_FATIGUE and told.finding.rule != SPIKE and longest:
        ceiling = quantity.distance(longest, told.units)
        steps.append(
            Paragraph(f"Your next long run: up to {ceiling} stays within a tenth of your longest of 30 days.")
        )
    forecast = _forecast(told.assessment, told.finding)
    return Section("The coming days", (*steps, Paragraph(forecast)) if forecast else tuple(steps))


def _forecast(assessment: Assessment, finding: Finding) -> str:
    """The load model solved ahead, where the reason is load and the days above do not end later."""
    easy, rest = assessment.balanced_after_easy, assessment.balanced_after_rest
    if finding.cause not in OF_LOAD or easy is None or easy <= (finding.until or assessment.night):
        return ""
    sooner = f", with rest by {days.spoken(rest)}" if rest is not None and rest < easy else ""
    today = round(assessment.balanced_load or 0)
    room = f" Today about {today} load points are the most." if today and finding.rule != SPIKE else ""
    return (
        f"Counted from load alone: with half of your average load a day, what you did lately is back near "
        f"what you are used to by {days.spoken(easy)}{sooner}.{room}"
    )


def _strength(told: Told) -> Section:
    block = told.advice.strength if told.advice else None
    if told.advice is None or block is None:
        return Section("Strength", ())
    title = f"Strength, from {days.spoken(block.start)}: {block.name}"
    return Section(title, tuple(strength_block(told.advice)))


def strength_block(advice: Advice) -> list[Block]:
    """The exercises; empty where none are suggested."""
    block = advice.strength
    if block is None:
        return []
    placed = Paragraph(f"Sessions a week: {block.sessions_a_week}. For {_weeks(block)}.")
    rows = tuple((e.name, e.sets, e.repetitions, e.effort, e.rest) for e in block.exercises)
    table = Table(("Exercise", "Sets", "Repetitions", "Effort", "Rest"), rows)
    return [placed, table, Paragraph(f"Move on when {block.move_on_when}")]


def _weeks(block: StrengthBlock) -> str:
    return block.weeks if block.weeks.startswith("until") else f"{block.weeks} weeks"


def _question(told: Told) -> Section:
    blocks: list[Block] = [Paragraph(told.advice.question)] if told.advice else []
    if told.checkin_url:
        blocks += [Paragraph("How are the legs? One tap:"), legs(told.checkin_url)]
    if told.reply_url:
        later = "And in a day or two, so that we learn whether such warnings are right:"
        blocks.append(Paragraph(later, (Link("Did it match how you felt?", told.reply_url),)))
    return Section("Your turn", tuple(blocks))


def legs(checkin_url: str) -> Choices:
    """The four answers, each a tap that leads to the page which keeps it."""
    joint = "&" if "?" in checkin_url else "?"
    return Choices(tuple(Link(name, f"{checkin_url}{joint}legs={value}") for value, name in phrases.LEGS))


def limits(told: Told) -> Section:
    """What the finding cannot know."""
    if told.advice is None:
        return Section("What this cannot know", ())
    blocks: list[Block] = [
        Paragraph(told.advice.limits),
        Paragraph("You know your legs better than we do: where we disagree, trust what you feel."),
    ]
    return Section("What this cannot know", tuple(blocks))


def help_at_once(told: Told) -> Section:
    """The static card; in every mail about safety, never made from data."""
    if not told.finding.safety:
        return Section("When to get help at once", (), "urgent")
    call = Paragraph("Call the emergency number (112 in Europe, 911 in North America) for any of these:")
    card = (call, Points(phrases.EMERGENCY), Paragraph(phrases.CLINICIAN))
    return Section("When to get help at once", card, "urgent")


def measure(evidence: Evidence, units: Units) -> Measure:
    """One observation beside its usual, with the link to its session."""
    value, baseline = evidence.value, evidence.baseline
    comparable = baseline is not None and value >= 0 and baseline > 0 and evidence.what not in phrases.SIGNED
    longest = max(value, baseline) if comparable and baseline else 0.0
    return Measure(
        label=phrases.evidence(evidence.what),
        value=_value(evidence, units),
        usual=_usual(evidence, units),
        against=phrases.baseline(evidence.what),
        days=days.span(evidence.first_day, evidence.last_day),
        share=value / longest if longest else None,
        usual_share=baseline / longest if longest and baseline is not None else None,
        link=session_link(evidence),
    )


def session_link(evidence: Evidence) -> Link | None:
    """To the session at Strava, in the words that Strava asks for."""
    if evidence.activity_id is None:
        return None
    return Link("View on Strava", STRAVA_ACTIVITY.format(evidence.activity_id))


def _value(evidence: Evidence, units: Units) -> str:
    return quantity.said(evidence.value, evidence.unit, units, evidence.what)


def _usual(evidence: Evidence, units: Units) -> str | None:
    """``None`` where there is no baseline, or where it is "no difference" by construction."""
    if evidence.baseline is None or (evidence.baseline == 0 and evidence.what in phrases.SIGNED):
        return None
    return quantity.said(evidence.baseline, evidence.unit, units, evidence.what)


def series(loads: Sequence[DayLoad]) -> Series:
    """The load of each day; the newest days stand out."""
    known = [(load, day) for day, load in loads if load is not None]
    top, top_day = max(known, default=(0.0, loads[0][0]))
    missing = len(loads) - len(known)
    note = f" On {missing} of the days nothing could be observed." if missing else ""
    summary = (
        f"Load day by day from {days.short(loads[0][0])} to {days.short(loads[-1][0])} "
        f"(in load points); the highest, {top:.0f}, on {days.spoken(top_day)}.{note}"
    )
    newest = loads[-1][0] - timedelta(days=NEWEST_DAYS)
    return Series(
        summary=summary,
        first=days.short(loads[0][0]),
        last=days.short(loads[-1][0]),
        bars=tuple(Bar(_share(load, top), recent=day > newest) for day, load in loads),
        lines=tuple(_week(loads[start : start + 7]) for start in range(0, len(loads), 7)),
    )


def _share(load: float | None, top: float) -> float | None:
    return load if load is None or top <= 0 else load / top


def _week(loads: Sequence[DayLoad]) -> str:
    figures = "  ".join("?" if load is None else f"{load:.0f}" for _, load in loads)
    return f"from {days.short(loads[0][0])}: {figures}"


def step(item: Suggestion, today: date) -> Step:
    return Step(item.title, days.placed(item.start, item.until, today), item.text)


def _sources(told: Told) -> Section:
    """Every source once, in the order of the suggestions; our own judgement is named last."""
    title = "Where the suggestions come from"
    if told.advice is None:
        return Section(title, (), "fine")
    advice = told.advice
    cited = [advice.now.source, *(item.source for item in advice.plan)]
    cited += [advice.strength.source] if advice.strength else []
    single = _once(source for line in cited for source in line.split("; "))
    sources = sorted((f"{source}." for source in single), key=lambda source: source.startswith("freshlegs"))
    return Section(title, (Points(tuple(sources)),), "fine")


def _once(sentences: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(sentences))
