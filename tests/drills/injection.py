"""Drill 40: texts that want to be executed, through every door that takes one, and what became of them."""

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

from service.domain.athlete import AthleteState
from tests.demo.season import wait_for_pages
from tests.drills.figure import Figure, none
from tests.drills.ground import FOUR, Ground, open_ground
from tests.drills.knocks import LONG_S, Knocks, an_admin
from tests.drills.passage import Passage
from tests.drills.payloads import MARK, payloads
from tests.drills.size import Size
from tests.web.test_access import ADMIN_PAGES, ATHLETE_PAGES
from tests.web.test_browser import CHROMIUM, launch

CREW = ("web", "worker", "clock")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
PAGES = ("/", "/privacy", *ATHLETE_PAGES, *ADMIN_PAGES)
MADE = "SELECT relname FROM pg_class WHERE relname = %s UNION SELECT rolname FROM pg_roles WHERE rolname = %s"
KEPT = """SELECT (SELECT array_agg(a::text) FROM admin a), (SELECT count(*) FROM pg_class),
    (SELECT array_agg(rolname::text ORDER BY 1) FROM pg_roles)"""


def drill(size: Size) -> list[Figure]:
    """Every text by two fields of forms, an address, a query, a header, an event, a session and an archive;
    soaked, by every field and every query."""
    texts = payloads()
    with open_ground(size.seed, kinds=FOUR) as ground:
        passage = Passage(ground)
        for role in CREW:
            ground.crew.start(role)
        passage.begin()
        wait_for_pages(ground.web)
        knocks = Knocks(ground, _who(ground))
        before = ground.query(KEPT)
        knocks.strava(texts)
        knocks.archive(texts)
        passage.step()
        fields = knocks.forms(texts, PAGES, each=size.of(2, 1000))
        knocks.addresses(texts, each=size.of(1, 1000))
        knocks.events(texts)
        passage.step()
        for page in PAGES:
            knocks.ask("GET", page)
        for each in (*knocks.alive, *knocks.broken):
            print(f"  {each}"[:300], flush=True)
        complaints = _in_a_browser(ground, knocks) if CHROMIUM.exists() else None
        executed = ground.query(KEPT) != before or bool(ground.query(MADE, MARK, MARK))
        stray = [path for path in (Path.cwd() / MARK, ground.home / MARK) if path.exists()]
        return [
            Figure("payloads", len(texts), least=500),
            Figure("fields", fields, least=20),
            Figure("asked", knocks.asked),
            Figure("pages_that_echo", len(knocks.showing), least=1),
            none("executed_by_postgres", executed + knocks.slow),
            none("executed_by_a_shell", len(stray)),
            none("alive_in_a_page", len(knocks.alive)),
            none("log_lines_split", _split(ground)),
            none("headers_injected", knocks.injected + _mail_headers(ground)),
            none("formulas_in_tables", _formulas(knocks)),
            none("answers_5xx", len(knocks.broken)),
            none("athletes_harmed", _harmed(ground)),
            *([] if complaints is None else [none("complaints_of_chromium", complaints)]),
        ]


def _who(ground: Ground) -> dict[str, str]:
    """The cookies of an athlete and of an operator, in one browser: an operator may run, too."""
    now = ground.clock.now()
    with ground.store.transaction() as tx:
        athlete = tx.athletes.all()[0]
        token = tx.browsers.start("athlete", athlete.id, now, idle_s=LONG_S, absolute_s=LONG_S)
    return {"freshlegs": token, **an_admin(ground, "operator")}


def _split(ground: Ground) -> int:
    """Lines of the logs that are no event of ours: a text began one."""
    bad = 0
    for line in (ground.home / "processes.log").read_bytes().split(b"\n"):
        try:
            event: Any = json.loads(line) if line else {"event": ""}
            bad += MARK in event["event"]
        except (ValueError, KeyError, TypeError):
            print(f"  no event: {line[:200]!r}", flush=True)
            bad += 1
    [(told,)] = ground.query("SELECT count(*) FROM logbook WHERE event LIKE %s", f"%{MARK}%")
    return bad + int(told)


def _mail_headers(ground: Ground) -> int:
    """Headers and recipients that a text has made."""
    names = [f"{name}: {value}" for mail in ground.post.messages for name, value in mail.items()]
    return sum(MARK in each for each in [*names, *ground.post.recipients])


def _formulas(knocks: Knocks) -> int:
    """Cells of the athlete's export that a spreadsheet would run."""
    content = knocks.ask("GET", "/export.zip").content
    bad = 0
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            cells = (cell for row in csv.reader(io.StringIO(archive.read(name).decode())) for cell in row)
            bad += sum(MARK in cell and cell.startswith(FORMULA) for cell in cells)
    return bad


def _harmed(ground: Ground) -> int:
    """Athletes who are not what they were: connected, not parked, their sessions there."""
    with ground.store.transaction() as tx:
        everybody = tx.athletes.all()
    return len(FOUR) - sum(each.state is AthleteState.CONNECTED for each in everybody)


def _in_a_browser(ground: Ground, knocks: Knocks) -> int:
    """Whatever Chromium complains about: a refused script, style or address, a dialog, a call elsewhere."""
    from playwright.sync_api import sync_playwright

    complaints: list[str] = []
    with sync_playwright() as playwright:
        chromium = launch(playwright)
        context = chromium.new_context(base_url=ground.web)
        context.add_cookies([{"name": n, "value": v, "url": ground.web} for n, v in knocks.cookies.items()])
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.on(
            "request", lambda sent: None if sent.url.startswith(ground.web) else complaints.append(sent.url)
        )
        for path in [*(p for p in PAGES if "export" not in p), *knocks.showing]:
            page.goto(path)
        chromium.close()
    for each in complaints:
        print(f"  Chromium: {each[:300]}", flush=True)
    return len(complaints)
