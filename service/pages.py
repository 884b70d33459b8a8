"""The web, wired to the application."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from fastapi import FastAPI

from service.advise.choose import advise
from service.app import CONFIG, App
from service.domain.advice import Advice
from service.domain.course import Day
from service.domain.finding import Assessment, Finding
from service.domain.grant import Grant
from service.domain.history import Profile
from service.domain.message import Message
from service.jobs.clock import due_syncs
from service.jobs.course import course_of
from service.jobs.erase import erase
from service.jobs.history import read_history
from service.jobs.intake import Intake
from service.jobs.outbox import measured
from service.jobs.rulebook import load_rulebook
from service.notify import phrases
from service.notify.message import confirm_address
from service.notify.quantity import said
from service.web.app import build_web
from service.web.deps import WebDeps


def build_pages(app: App) -> FastAPI:
    """The pages of ``app``: they mark rows, the jobs do the work."""
    parts = _Parts(app)
    rulebook = load_rulebook(CONFIG / "heuristics.toml", CONFIG / "advice.toml")
    return build_web(
        WebDeps(
            store=app.store,
            now=app.now,
            oauth=parts,
            base_url=app.settings.base_url,
            wake=parts.wake,
            erase=parts.erase,
            compose_confirm_address=parts.confirm_address,
            secret=app.keyring.blind_index("web forms and throttles"),
            operator_name=app.settings.operator_name,
            operator_contact=app.settings.operator_contact,
            retention_days=app.settings.strava_retention_days,
            secure_cookies=app.settings.secure_cookies,
            oauth_base_url=app.settings.strava_oauth_base,
            metrics_token=app.settings.metrics_token.get_secret_value(),
            advise=parts.advise,
            phrases=phrases,
            said=said,
            behind=rulebook.behind,
            judges=rulebook.judges,
            course=parts.course,
            measured=parts.measured,
            intake=Intake(app),
        )
    )


class _Parts:
    """What pages call, over the application."""

    def __init__(self, app: App) -> None:
        self._app = app

    def authorize_url(self, state: str) -> str:
        return self._app.oauth.authorize_url(state)

    def exchange(self, code: str, scopes: frozenset[str]) -> Grant:
        return self._app.oauth.exchange(code, scopes, self._app.now())

    def wake(self, job: str, row: UUID) -> None:
        """Syncs go through their claim, as the clock's do: a double click must not cost two calls."""
        if job == "sync":
            due_syncs(self._app)
        else:
            self._app.queue.defer(job, row)

    def erase(self, athlete: UUID) -> None:
        """Mark first, so that a crash on the way leaves a row that the clock finds."""
        with self._app.store.transaction() as tx:
            tx.athletes.disconnect(athlete)
        erase(self._app, [str(athlete)])

    def confirm_address(self, *, confirm_url: str, day: date) -> Message:
        return confirm_address(confirm_url, night=day)

    def advise(self, assessment: Assessment, profile: Profile) -> Advice | None:
        return advise(assessment, self._app.catalogue, profile=profile)

    def measured(self, athlete_id: UUID, finding: Finding) -> str:
        with self._app.store.transaction() as tx:
            return measured(self._app, tx, athlete_id, finding)

    def course(self, athlete_id: UUID, night: date) -> Sequence[Day]:
        with self._app.store.transaction() as tx:
            athlete = tx.athletes.get(athlete_id)
            history = read_history(tx, athlete, self._app.now()) if athlete else None
        return course_of(history, night, self._app.constants) if history and history.activities else ()
