"""What comes by mail, how often, on which days not; which reasons are muted; and the way to one's data."""

import csv
import io
import json
import zipfile
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse
from pydantic import Field
from starlette.responses import Response

from service.domain.night import MailKind
from service.domain.preference import CHOICES, Choice
from service.store.holdings import tables_of_athlete, withheld
from service.web import words
from service.web.deps import Deps, WebDeps
from service.web.pages import ANSWERS, page, see
from service.web.session import ATHLETE_FORM, AthleteId, AthleteVisit
from service.web.standing import standing

KINDS: Mapping[MailKind, tuple[str, str]] = {
    MailKind.WARNING: ("Warnings", "When two kinds of signs agree that your legs are about to be heavy."),
    MailKind.CHECK_IN: (
        "“How are the legs?”",
        "After hard or long days: one tap, at most three a week, never again while one is unanswered.",
    ),
    MailKind.LONG_RUN: (
        "Before the long run",
        "When your usual long run would be much longer than anything you ran in the last 30 days.",
    ),
    MailKind.WEEKLY: ("Weekly letter", "Monday morning: the week in figures and one picture."),
    MailKind.RECONNECT: ("Lost connection", "Once, when Strava no longer lets us read your runs."),
}
LABELS: Mapping[tuple[MailKind, Choice], str] = {
    (MailKind.CHECK_IN, Choice.AT_ONCE): "When it matters",
    (MailKind.CHECK_IN, Choice.WEEKLY): "Once a week at most",
    (MailKind.LONG_RUN, Choice.AT_ONCE): "The day before",
    (MailKind.WEEKLY, Choice.WEEKLY): "Every week",
    (MailKind.RECONNECT, Choice.AT_ONCE): "Tell me",
}
PLAIN: Mapping[Choice, str] = {
    Choice.OFF: "Off",
    Choice.AT_ONCE: "At once",
    Choice.WEEKLY: "In the weekly letter",
}
IN_THE_LETTER = (MailKind.WARNING, MailKind.LONG_RUN)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
Chosen = Annotated[Choice | None, Form()]

routes = APIRouter(responses=dict(ANSWERS))


@routes.get("/preferences")
def preferences(
    deps: Deps,
    visit: AthleteVisit,
    athlete_id: AthleteId,
    saved: Annotated[Literal["", "1", "letter"], Query()] = "",
) -> HTMLResponse:
    """Every choice as it stands."""
    with deps.store.transaction() as tx:
        found = standing(tx, athlete_id)
        choices = tx.preferences.choices(athlete_id)
        quiet = tx.preferences.quiet_days(athlete_id)
        muted = tx.replies.muted(athlete_id, deps.now().date())
    return page(
        deps,
        "preferences.html",
        visit,
        here="preferences",
        kinds=[_kind(kind, choice) for kind, choice in choices.items()],
        weekdays=[(number, name, number in quiet) for number, name in enumerate(WEEKDAYS)],
        muted=[(cause.value, words.CAUSES[cause], until) for cause, until in muted.items()],
        address_confirmed=found.address_confirmed,
        address_pending=found.address_pending,
        saved=saved,
    )


@routes.post("/preferences", dependencies=[ATHLETE_FORM])
def save(
    deps: Deps,
    athlete_id: AthleteId,
    warning: Chosen = None,
    check_in: Chosen = None,
    long_run: Chosen = None,
    weekly: Chosen = None,
    reconnect: Chosen = None,
    quiet: Annotated[list[Annotated[int, Field(ge=0, le=6)]] | None, Form()] = None,
) -> Response:
    """Keeps the choices. Who wants something in the weekly letter gets the letter."""
    given = {
        MailKind.WARNING: warning,
        MailKind.CHECK_IN: check_in,
        MailKind.LONG_RUN: long_run,
        MailKind.WEEKLY: weekly,
        MailKind.RECONNECT: reconnect,
    }
    chosen = {kind: choice for kind, choice in given.items() if choice in CHOICES[kind]}
    in_the_letter = any(chosen.get(kind) is Choice.WEEKLY for kind in IN_THE_LETTER)
    added = in_the_letter and chosen.get(MailKind.WEEKLY) is not Choice.WEEKLY
    if added:
        chosen[MailKind.WEEKLY] = Choice.WEEKLY
    with deps.store.transaction() as tx:
        tx.preferences.choose(athlete_id, {kind: choice for kind, choice in chosen.items() if choice})
        tx.preferences.set_quiet_days(athlete_id, quiet or ())
    return see(f"/preferences?saved={'letter' if added else '1'}")


@routes.get("/export.json", response_class=Response)
def export_json(deps: Deps, athlete_id: AthleteId) -> Response:
    """Everything held, in one document."""
    content = json.dumps(_export(deps, athlete_id), ensure_ascii=False, indent=1)
    return _download(content.encode(), "application/json", "freshlegs.json")


@routes.get("/export.zip", response_class=Response)
def export_csv(deps: Deps, athlete_id: AthleteId) -> Response:
    """The same as one CSV file a table, in an archive."""
    export = _export(deps, athlete_id)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in export["tables"].items():
            archive.writestr(f"{name}.csv", _csv(rows))
        archive.writestr("left-out.csv", _csv(export["left_out"]))
    return _download(packed.getvalue(), "application/zip", "freshlegs-csv.zip")


def _export(deps: WebDeps, athlete_id: AthleteId) -> dict[str, Any]:
    with deps.store.transaction(statement_timeout_ms=20_000) as tx:
        standing(tx, athlete_id)
        tables = tx.holdings.of(athlete_id)
    left_out = [
        {"table": table.name, "column": column, "reason": reason}
        for table in tables_of_athlete()
        for column, reason in withheld(table).items()
    ]
    return {"exported_at": deps.now().isoformat(), "left_out": left_out, "tables": tables}


def _csv(rows: list[dict[str, Any]]) -> str:
    """A row a line; lists and objects as JSON. A text that a spreadsheet would run is kept a text."""
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, list(rows[0]))
        writer.writeheader()
        writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def _download(content: bytes, media_type: str, name: str) -> Response:
    return Response(
        content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _kind(kind: MailKind, chosen: Choice) -> dict[str, Any]:
    title, explained = KINDS[kind]
    options = [(choice.value, LABELS.get((kind, choice), PLAIN[choice])) for choice in CHOICES[kind]]
    return {
        "name": kind.value,
        "title": title,
        "hint": explained,
        "options": options,
        "chosen": chosen.value,
    }
