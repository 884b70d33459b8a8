"""Templates to responses. Every page is complete without a script."""

import hashlib
from collections.abc import Mapping
from typing import Any

from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from service.web import consent, words
from service.web.deps import PACKAGE, WebDeps
from service.web.session import Visit

STYLE = (PACKAGE / "static" / "freshlegs.css").read_bytes()
STYLE_URL = f"/static/freshlegs.css?v={hashlib.sha256(STYLE).hexdigest()[:12]}"
HTML = {"text/html": {"schema": {"type": "string"}}}
ANSWERS: Mapping[int | str, dict[str, Any]] = {
    "3XX": {"description": "See the page named in Location"},
    "4XX": {"description": "What was wrong, in plain words", "content": HTML},
    503: {"description": "The database or Strava cannot be reached; try again soon", "content": HTML},
}
"""What any page may answer, for the OpenAPI schema."""

_ENVIRONMENT = Environment(
    loader=FileSystemLoader(PACKAGE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.globals |= {"style_url": STYLE_URL, "words": words, "consent_version": consent.VERSION}


def page(
    deps: WebDeps, template: str, visit: Visit | None = None, *, status: int = 200, **values: Any
) -> HTMLResponse:
    """``template`` rendered. With a ``visit`` the page may hold forms: it gets the field that guards them,
    and a browser without a cookie gets one to go with it."""
    field = ""
    if visit:
        field = Markup('<input type="hidden" name="csrf" value="{}">').format(visit.form_token(deps.secret))
    body = _ENVIRONMENT.get_template(template).render(
        operator_name=deps.operator_name,
        operator_contact=deps.operator_contact,
        retention_days=deps.retention_days,
        csrf_field=field,
        here=values.pop("here", None),
        **values,
    )
    response = HTMLResponse(body, status_code=status)
    if visit and not visit.known:
        visit.remember(response, deps, max_age_s=None)
    return response


def notice(
    deps: WebDeps,
    title: str,
    *paragraphs: str,
    status: int = 200,
    link: tuple[str, str] | None = ("/", "To the start page"),
) -> HTMLResponse:
    """A page of a few sentences; ``link`` is (path, words) of the way on."""
    return page(deps, "notice.html", status=status, title=title, paragraphs=paragraphs, link=link)


def see(path: str) -> RedirectResponse:
    """Go on to ``path`` by GET. Only ever one of our own paths or Strava's page of consent."""
    return RedirectResponse(path, status_code=303)
