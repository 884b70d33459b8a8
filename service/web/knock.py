"""Who is at the door of a page that a mail links to: whoever holds its link, or whoever is signed in."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Form, Path, Query, Request
from pydantic import StringConstraints

from service.store.links import CHECK_IN, about_warning
from service.web.deps import Deps, WebDeps
from service.web.session import AthleteVisit, FormToken, Visit, check_form, subject

Link = Annotated[str, StringConstraints(max_length=200, pattern=r"^[A-Za-z0-9_-]*$")]


class LinkTooOld(Exception):
    """The link of a mail is forged, for something else, or its time is over."""


@dataclass(frozen=True, slots=True)
class Knock:
    """``link`` is the token that opened the door; empty for somebody who is signed in, who has ``visit``."""

    athlete_id: UUID
    link: str
    visit: Visit | None

    @property
    def signed_in(self) -> bool:
        return self.visit is not None


def _knock(deps: WebDeps, visit: Visit, link: str, purpose: str) -> Knock:
    if not link:
        return Knock(subject(visit, "athlete"), "", visit)
    with deps.store.transaction() as tx:
        athlete = tx.links.athlete(link, purpose, deps.now())
        known = athlete is not None and tx.athletes.get(athlete) is not None
    if athlete is None or not known:
        raise LinkTooOld
    return Knock(athlete, link, None)


def to_check_in(deps: Deps, visit: AthleteVisit, t: Annotated[Link, Query()] = "") -> Knock:
    """Opening the page; changes nothing."""
    return _knock(deps, visit, t, CHECK_IN)


def to_warning(
    deps: Deps, visit: AthleteVisit, night: Annotated[date, Path()], t: Annotated[Link, Query()] = ""
) -> Knock:
    return _knock(deps, visit, t, about_warning(night))


def with_check_in(
    request: Request, deps: Deps, visit: AthleteVisit, t: Annotated[Link, Form()] = "", csrf: FormToken = ""
) -> Knock:
    """Sending its form. The link is its own proof, as no other site knows it; without one the form must
    have come from a page of this browser."""
    if not t:
        check_form(request, deps, visit, csrf)
    return _knock(deps, visit, t, CHECK_IN)


def with_warning(
    request: Request,
    deps: Deps,
    visit: AthleteVisit,
    night: Annotated[date, Path()],
    t: Annotated[Link, Form()] = "",
    csrf: FormToken = "",
) -> Knock:
    if not t:
        check_form(request, deps, visit, csrf)
    return _knock(deps, visit, t, about_warning(night))
