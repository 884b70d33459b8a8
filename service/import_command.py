"""``freshlegs import``: an archive into the database, with a bar, and what came of it."""

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from service import settings as settings_of
from service.app import App, open_app
from service.archive.reader import Request
from service.domain.athlete import Athlete
from service.domain.night import known_zone
from service.errors import InputError
from service.jobs.importing import Tally, take_in

MOST_NAMED = 40


def import_archive(paths: Sequence[Path], athlete: str | None, zone: str | None) -> str:
    """Import for one athlete; returns the summary. Raises ``InputError`` where it is not clear for whom, or
    where nothing could be read."""
    if zone is not None and not known_zone(zone):
        raise InputError(f"--tz {zone}: there is no such zone; give a name such as Europe/Oslo")
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        raise InputError(f"there is nothing at {', '.join(missing)}")
    with open_app(settings_of.load()) as app:
        whose = chosen(app, athlete)
        tally = _watched(app, whose, paths, zone or whose.zone)
    _tell(tally)
    if tally.read == 0:
        raise InputError("no session could be read; nothing was stored")
    return tally.sentence


def chosen(app: App, athlete: str | None) -> Athlete:
    """The athlete named, or the only one there is."""
    with app.store.transaction() as tx:
        if athlete is None:
            everybody = tx.athletes.all(2, None)
            if len(everybody) == 1:
                return everybody[0]
            raise InputError(
                "nobody is connected yet: connect once in the browser, then import"
                if not everybody
                else "there are several athletes: say whose archive it is with --athlete ID (see /admin)"
            )
        try:
            found = tx.athletes.get(UUID(athlete))
        except ValueError:
            raise InputError(f"{athlete!r} is not an athlete's id: the admin pages show them") from None
    if found is None:
        raise InputError(f"there is no athlete {athlete}: the admin pages show who is there")
    return found


def _watched(app: App, athlete: Athlete, paths: Sequence[Path], zone: str) -> Tally:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("files", total=None, rate="")

        def progress(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        tally = Tally()
        request = Request(tuple(paths), zone=zone, not_after=app.now(), progress=progress)
        for tally in take_in(app.store, athlete.id, request, app.now()):
            elapsed = bar.tasks[0].elapsed or 0.0
            bar.update(task, rate=f"{tally.read / elapsed:.0f} sessions/s" if elapsed > 0.1 else "")
        return tally


def _tell(tally: Tally) -> None:
    """Every refusal by name, and the values that were left out, on standard error."""
    console = Console(stderr=True)
    lines = [f"refused  {each.name}: {each.reason}" for each in tally.refused]
    lines += [f"repaired {name}: {doubt}" for name, doubt in tally.doubts]
    for line in lines[:MOST_NAMED]:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if len(lines) > MOST_NAMED:
        console.print(f"and {len(lines) - MOST_NAMED} more", highlight=False)
