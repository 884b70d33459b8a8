"""``freshlegs replay``: what would have been written on every night of a real history, and why not."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import IO

from service.domain.doubles import strava_first
from service.domain.history import History
from service.domain.night import known_zone
from service.jobs.replay_input import Reading, is_archive
from service.jobs.replayed import Replayed, line, replay

USABLE, NOTHING_USABLE, WRONG_CALL = 0, 1, 2


def run(
    paths: Sequence[Path],
    checkins: Path | None,
    from_: date | None,
    to: date | None,
    tz: str | None,
    summary: bool,
    out: IO[str],
    err: IO[str],
    *,
    html: Path | None = None,
) -> int:
    """Judge a history again; one JSON line a night, a table, or a page. Returns the exit code: 1 if no
    activity could be used, 2 for a zone nobody knows, else 0 however much was left out on the way."""
    if tz is not None and not known_zone(tz):
        err.write(f"--tz {tz}: no such zone; give a name such as Europe/Oslo\n")
        return WRONG_CALL
    reading = Reading(complain=lambda text: print(text, file=err), zone=tz or "UTC")
    _read_all(reading, paths)
    if checkins is not None:
        reading.read_checkins(checkins)
    if not reading.activities:
        err.write("no usable activity in any of the files; nothing was judged\n")
        return NOTHING_USABLE
    history = history_of(reading)
    replayed = [night for night in replay(history, to) if from_ is None or night.assessment.night >= from_]
    if html is not None:
        from service.jobs.replay_page import write

        err.write(write(html, reading, history, replayed))
    if summary:
        _print_summary(reading, replayed, out)
    elif html is None:
        out.writelines(json.dumps(line(night)) + "\n" for night in replayed)
    return USABLE


def _read_all(reading: Reading, paths: Sequence[Path]) -> None:
    archives = [path for path in paths if is_archive(path)]
    for path in paths:
        if path not in archives:
            reading.read_activities(path)
    if archives:
        from rich.console import Console  # only the bar needs it
        from rich.progress import Progress

        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("reading", total=None)
            reading.read_archives(archives, lambda done, total: bar.update(task, completed=done, total=total))


def history_of(reading: Reading) -> History:
    """What was read, oldest first; what Strava and an archive both tell, once."""
    activities = strava_first(sorted(reading.activities.values(), key=lambda a: (a.start, a.external_id)))
    return History(tuple(activities), tuple(sorted(reading.checkins.values(), key=lambda each: each.date)))


def _print_summary(reading: Reading, replayed: Sequence[Replayed], out: IO[str]) -> None:
    from rich.console import Console  # only the table needs it
    from rich.table import Table

    console = Console(file=out, width=120)
    months: dict[str, list[Replayed]] = defaultdict(list)
    for night in replayed:
        months[f"{night.assessment.night:%Y-%m}"].append(night)
    table = Table(title="Nights judged again")
    for heading in ("month", "nights", "learning", "clear", "watch", "warn", "mails"):
        table.add_column(heading, justify="left" if heading == "month" else "right")
    for month, nights in [*months.items(), ("all", list(replayed))]:
        states = Counter(night.assessment.state.value for night in nights)
        mails = sum(night.decision.mail for night in nights)
        counts = [len(nights), *(states[name] for name in ("learning", "clear", "watch", "warn")), mails]
        table.add_row(month, *map(str, counts), end_section=False)
    console.print(table)
    for text in _totals(reading, replayed):
        console.print(text, highlight=False, soft_wrap=True)


def _totals(reading: Reading, replayed: Sequence[Replayed]) -> Iterator[str]:
    mails = [night for night in replayed if night.decision.mail]
    years = max(len(replayed), 1) / 365.25
    lost = reading.rows - reading.doubles - len(reading.activities)
    reasons = Counter(n.decision.silent_because.value for n in replayed if n.decision.silent_because)
    rules = Counter(n.assessment.findings[0].rule for n in mails)
    yield f"{reading.rows} activities read, {lost} lost, {reading.doubles} doubles, {reading.refused} refused"
    yield f"{len(replayed)} nights judged, {len(mails)} mails, {len(mails) / years:.1f} a year"
    yield "silent because: " + _counted(reasons)
    yield "mails about: " + _counted(rules)


def _counted(names: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in names.most_common()) or "nothing"
