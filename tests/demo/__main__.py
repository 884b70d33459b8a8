"""``make demo``: eleven athletes, 120 nights, the mails, and the pages to look around on."""

import argparse
import os
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tests.demo.season import Season, open_season

START = datetime(2026, 3, 1, 6, 0, tzinfo=UTC)
NIGHTS = 120
ADMIN, ADMIN_PASSWORD = "admin", "twenty easy kilometres"


def main() -> int:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="stop when the table is printed")
    parser.add_argument("--nights", type=int, default=NIGHTS)
    given = parser.parse_args()
    began = time.monotonic()
    for name in ("DATABASE_URL", "KEYRING_FILE"):
        os.environ.pop(name, None)  # the demo keeps to itself, whatever is configured here
    console = Console(width=None if sys.stdout.isatty() else 120)
    with (
        tempfile.TemporaryDirectory(prefix="freshlegs-demo-") as folder,
        open_season(Path(folder), START) as season,
    ):
        live_through(season, given.nights, console)
        show(season, console)
        line = summary(season, time.monotonic() - began)
        if not given.once:
            wait_for_the_reader(season, console)
    print(line)
    return 0


def live_through(season: Season, nights: int, console: Console) -> None:
    """Connect everyone and let the nights pass, with a bar for each."""
    athletes = season.standin.athletes()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        connecting = progress.add_task("athletes connect through the OAuth pages", total=len(athletes))
        for athlete in athletes:
            season.connect(athlete)
            progress.advance(connecting)
        passing = progress.add_task("nights pass", total=nights)
        season.pass_nights(
            START + timedelta(days=nights),
            lambda now: progress.update(passing, completed=(now - START).days),
        )
        progress.update(passing, completed=nights)


def show(season: Season, console: Console) -> None:
    """The table, and the newest warning as the athlete reads it."""
    table = Table(title="What happened")
    for name in ("athlete", "deserves\na warning"):
        table.add_column(name)
    for name in ("activities", "nights", "Strava\ncalls", "warnings"):
        table.add_column(name, justify="right")
    for name in ("about", "why silent on the other nights"):
        table.add_column(name)
    for outcome in season.outcomes():
        numbers = (outcome.activities, outcome.nights, outcome.calls, outcome.warnings)
        told = (most_common(outcome.causes), most_common(outcome.silences))
        table.add_row(words(outcome.person.kind), outcome.person.deserves, *map(str, numbers), *told)
    console.print(table)
    warnings = [mail for mail in season.mails() if "kind=warning" in (mail["List-Unsubscribe"] or "")]
    if warnings:
        newest = warnings[-1]
        body = newest.get_body(("plain",))
        assert body is not None
        console.rule("The newest warning, as the athlete reads it")
        console.print(f"To: {newest['To']}", f"Subject: {newest['Subject']}", "", sep="\n", markup=False)
        console.print(body.get_content().strip(), markup=False, highlight=False, soft_wrap=True)
        console.rule()


def most_common(counted: Counter[str]) -> str:
    """The three most frequent names with their numbers."""
    return ", ".join(f"{words(name)} {count}" for name, count in counted.most_common(3))


def words(name: str) -> str:
    """A name of the code as people write it."""
    return name.replace("_", " ")


def summary(season: Season, seconds: float) -> str:
    """The line that others read."""
    outcomes = list(season.outcomes())
    return (
        f"DEMO athletes={len(outcomes)} activities={sum(o.activities for o in outcomes)} "
        f"nights={sum(o.nights for o in outcomes)} calls={season.standin.totals()['counted']} "
        f"mails={sum(o.warnings for o in outcomes)} seconds={seconds:.1f}"
    )


def wait_for_the_reader(season: Season, console: Console) -> None:
    """Serve the pages until Ctrl-C."""
    from service.operations import add_admin_to

    add_admin_to(season.app.store, ADMIN, ADMIN_PASSWORD, "operator", season.app.now())
    base = season.app.settings.base_url
    console.print(f"\nPages:   {base}/          (connect as any athlete of the stand-in)")
    console.print(f"Admin:   {base}/admin     (name: {ADMIN}, password: {ADMIN_PASSWORD})")
    console.print(f"Mails:   {season.app.settings.data_dir}/mail/new")
    console.print(
        f"Strava:  {season.standin.url}/oauth/authorize is played by the stand-in\nCtrl-C ends the demo."
    )
    done = threading.Event()
    signal.signal(signal.SIGINT, lambda *_: done.set())
    signal.signal(signal.SIGTERM, lambda *_: done.set())
    while not done.wait(0.2):
        season.clock.move_to(season.clock.now() + timedelta(seconds=0.2))


if __name__ == "__main__":
    sys.exit(main())
