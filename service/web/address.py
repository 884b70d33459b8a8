"""The athlete's mail address: left, confirmed from the mailbox itself, changed, switched off."""

from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from service.domain.night import MailKind
from service.logs import log
from service.store.session import Transaction
from service.web.deps import Deps, WebDeps
from service.web.inputs import Line, Opaque, mail_address
from service.web.pages import ANSWERS, notice, page, see
from service.web.profile import Told, ToldForm, keep, told_by, values
from service.web.session import ATHLETE_FORM, DAY_S, AthleteId, AthleteVisit, Visit
from service.web.standing import scope_notes, standing

CONFIRMATIONS_A_DAY = 5
"""To one athlete, and to one address whoever asks: nobody's mailbox is filled from here."""
NOT_AN_ADDRESS = "This does not look like a mail address. It should read like name@example.org."

routes = APIRouter(responses=dict(ANSWERS))


@routes.get("/welcome")
def welcome(deps: Deps, visit: AthleteVisit, athlete_id: AthleteId) -> HTMLResponse:
    """Asks for an address; may be skipped."""
    return _welcome(deps, visit, athlete_id)


@routes.post("/address", dependencies=[ATHLETE_FORM])
def propose(
    deps: Deps,
    visit: AthleteVisit,
    athlete_id: AthleteId,
    told: ToldForm,
    address: Annotated[Line, Form()] = "",
) -> Response:
    """Keeps the address as pending and queues the mail that asks whether it is right. Where the questions
    of the first visit stood on the same form, their answers are kept with it."""
    good, told = mail_address(address), told.checked(deps.now().date())
    if good is None or told.problems:
        problem = "" if good else NOT_AN_ADDRESS
        return _welcome(deps, visit, athlete_id, told, problem=problem, address=address, status=400)
    with deps.store.transaction() as tx:
        if told.given:
            keep(tx, standing(tx, athlete_id).athlete, told)
        mail = _ask(deps, tx, athlete_id, good, deps.now())
    if mail is None:
        problem = "That was asked often today. Please try again tomorrow."
        return _welcome(deps, visit, athlete_id, told, problem=problem, address=address, status=429)
    deps.wake("deliver", mail)
    return see("/status")


@routes.get("/address/confirm")
def confirm_page(deps: Deps, token: Annotated[Opaque, Query()]) -> HTMLResponse:
    """Changes nothing: mail scanners open every link."""
    return page(deps, "confirm_address.html", token=token)


@routes.post("/address/confirm")
def confirm(deps: Deps, token: Annotated[Opaque, Form()]) -> HTMLResponse:
    """The token is the proof, so there is no session to guard: the mail may be read on another device."""
    with deps.store.transaction() as tx:
        athlete = tx.addresses.confirm(token, deps.now())
    if athlete is None:
        return notice(
            deps,
            "This link is no longer good",
            "It may be older than three days, or a newer one was sent since. Nothing was changed.",
            "Leave your address once more on your status page, and a new link comes.",
            status=404,
            link=("/status", "To your status page"),
        )
    log().info("address_confirmed", athlete=athlete)
    return notice(
        deps,
        "Confirmed, thank you",
        "Warnings may now come to this address. Most weeks there will be none.",
        link=("/status", "To your status page"),
    )


@routes.post("/mail", dependencies=[ATHLETE_FORM])
def switch(deps: Deps, athlete_id: AthleteId, warnings: Annotated[Literal["on", "off"], Form()]) -> Response:
    """Warnings by mail on or off."""
    with deps.store.transaction() as tx:
        tx.addresses.set_mail(athlete_id, MailKind.WARNING, on=warnings == "on")
    return see("/status#mail")


def _welcome(
    deps: WebDeps,
    visit: Visit,
    athlete_id: UUID,
    told: Told | None = None,
    *,
    problem: str = "",
    address: str = "",
    status: int = 200,
) -> HTMLResponse:
    """``told`` is what the form said, if it did; else the answers kept fill it in."""
    with deps.store.transaction() as tx:
        athlete = standing(tx, athlete_id).athlete
    told = told if told and told.given else told_by(athlete)
    return page(
        deps,
        "welcome.html",
        visit,
        status=status,
        notes=scope_notes(athlete),
        problem=problem,
        address=address,
        **values(told, deps.now().date()),
    )


def _ask(deps: WebDeps, tx: Transaction, athlete_id: UUID, address: str, now: datetime) -> UUID | None:
    """The queued mail's id, or ``None`` where enough were sent today."""
    keys = (f"confirm athlete {athlete_id}", f"confirm address {address.lower()}")
    if not all(tx.admins.allow(key, CONFIRMATIONS_A_DAY, DAY_S, now) for key in keys):
        return None
    token = tx.addresses.propose(athlete_id, address, now)
    message = deps.compose_confirm_address(
        confirm_url=f"{deps.base_url}/address/confirm?token={token}", day=now.date()
    )
    message_id = f"<confirm-{uuid4()}@{urlsplit(deps.base_url).hostname}>"
    number = tx.mailbox.next_number(athlete_id, message.kind, message.night)
    return tx.mailbox.put(
        athlete_id, message.kind, message.night, message, message_id, now, number=number, address=address
    )
