"""The pages of the tables: every listing under its own path, searched by what its address says."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from inspect import Parameter, Signature
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse

from service.web import listing
from service.web.admin_listings import LISTINGS
from service.web.admin_tabs import TABS
from service.web.deps import Deps
from service.web.inputs import Blank, Line
from service.web.listing import BadCursor, Filter, Listing
from service.web.pages import ANSWERS, page
from service.web.session import AdminVisit, Looking

routes = APIRouter(responses=dict(ANSWERS))


class Search:
    """What the address of a table may say, as FastAPI reads it off a signature: a value a filter."""

    def __init__(self, filters: Sequence[Filter]) -> None:
        self.__signature__ = Signature(
            [
                Parameter(
                    each.name,
                    Parameter.KEYWORD_ONLY,
                    default=None,
                    annotation=Annotated[each.kind | None, Blank, Query()],
                )
                for each in filters
            ]
        )

    def __call__(self, **given: Any) -> dict[str, Any]:
        return given


def _showing(shown: Listing) -> Callable[..., HTMLResponse]:
    def show(
        deps: Deps,
        visit: AdminVisit,
        looking: Looking,
        given: Annotated[dict[str, Any], Depends(Search(shown.filters))],
        after: Annotated[Line | None, Blank, Query()] = None,
    ) -> HTMLResponse:
        filled = [each for each in shown.filters if given[each.name] is not None]
        search: Mapping[str, str] = {each.name: _as_sent(given[each.name]) for each in filled}
        conditions = [each.compare(each.column, given[each.name]) for each in filled]
        try:
            with deps.store.transaction() as tx:
                found = listing.read(tx, shown, conditions, after)
        except BadCursor as error:
            raise RequestValidationError([]) from error
        more = urlencode({**search, "after": found.after}) if found.after else None
        return page(
            deps,
            "admin/table.html",
            visit,
            tabs=TABS,
            here=shown.path,
            shown=shown,
            search=search,
            rows=found.rows,
            next_url=f"{shown.path}?{more}" if more else None,
            operator=looking.operator,
        )

    return show


def _as_sent(value: object) -> str:
    """As a form sends it back."""
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"
    return str(value.value if isinstance(value, Enum) else value)


for each in LISTINGS:
    routes.get(each.path, name=each.title)(_showing(each))
