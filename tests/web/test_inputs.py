"""Malformed requests: one plain page, never a defect."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from service.errors import DatabaseUnavailable
from tests.web.conftest import Site, form_token

NASTY = [
    "%00",  # NUL: Postgres has no such character
    "%ED%A0%80",  # half a surrogate pair, in bytes
    "%FF%FE",  # not UTF-8
    "9" * 400,  # a number beyond all
    "-1",  # below zero
    "1e400",  # infinity
    "NaN",  # not a number
    "0001-01-01",  # before all time zones
    "9999-12-31T23:59:60Z",  # a leap second at the end of time
    "2026-02-30",  # no such day
    "%E2%80%AEtxt",  # bidi override
    "'%3B%20DROP%20TABLE%20athlete%3B--",  # the old joke
    "%3Cscript%3Ealert(1)%3C/script%3E",  # markup
    "..%2F..%2Fetc%2Fpasswd",  # up and away
    "%0d%0aSet-Cookie:%20a=b",  # a header of one's own
]
FIELDS = {
    "/admin/athletes": ("state", "athlete", "after"),
    "/admin/nights": ("state", "silent", "athlete", "since", "until", "after"),
    "/admin/mails": ("state", "kind", "athlete", "after"),
    "/admin/logbook": ("event", "level", "athlete", "since", "until", "after"),
    "/admin/quarantine": ("athlete", "after"),
    "/oauth/callback": ("state", "code", "scope", "error"),
    "/address/confirm": ("token",),
    "/checkin": ("saved",),
}


@pytest.mark.parametrize("path", FIELDS)
def test_nasty_queries(site: Site, path: str) -> None:
    """Every field of every page that takes any."""
    browser = site.admin() if path.startswith("/admin") else site.athlete()
    answers = [browser.get(f"{path}?{field}={value}") for field in FIELDS[path] for value in NASTY]
    assert {answer.status_code for answer in answers} <= {200, 400, 403, 404}
    assert [answer for answer in answers if "<script>alert" in answer.text or "a" in answer.cookies] == []


def test_nasty_paths(site: Site) -> None:
    """Tokens, file names, and addresses that do not exist."""
    browser = site.browser()
    paths = [f"{base}/{value}" for base in ("/unsubscribe", "/static", "/nowhere", "") for value in NASTY]
    found = {browser.get(path).status_code for path in paths}
    posted = {browser.post(path).status_code for path in paths}
    assert found <= {400, 404}
    assert posted <= {400, 404, 405}


def test_nasty_forms(site: Site) -> None:
    """The same in forms that are otherwise genuine."""
    browser = site.athlete()
    token = form_token(browser.get("/status").text)
    kind = {"content-type": "application/x-www-form-urlencoded"}
    fields = {"/address": "address", "/mail": "warnings", "/checkin": "legs", "/connect": "consent"}
    found = {
        browser.client.post(path, content=f"csrf={token}&{field}={value}", headers=kind).status_code
        for path, field in fields.items()
        for value in NASTY
    }
    assert {400} == found


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{"),  # not what forms send, and broken
        ("multipart/form-data", b"--x"),  # without its boundary
        ("multipart/form-data; boundary=x", b"--x\r\nbroken"),  # broken off
        ("application/x-www-form-urlencoded; charset=no-such", b"csrf=%FF"),  # a charset nobody knows
        ("text/plain", b"\x00" * 100),  # neither
    ],
)
def test_bodies_that_are_no_forms(site: Site, kind: str, body: bytes) -> None:
    """Refused like any form without its token."""
    browser = site.athlete()
    answer = browser.client.post("/mail", content=body, headers={"content-type": kind})
    assert answer.status_code in (400, 403)


def test_what_does_not_exist(site: Site) -> None:
    """A page of ours, too; documentation pages are not served."""
    browser = site.browser()
    for path in ("/nowhere", "/docs", "/redoc", "/openapi.json", "/status/", "/static/", "/static/pages.py"):
        answer = browser.get(path)
        assert (answer.status_code, "There is no such page" in answer.text) == (404, True)


def test_the_wrong_method(site: Site) -> None:
    """Says which are right."""
    answer = site.browser().post("/status")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


@pytest.mark.parametrize(
    "trouble",
    [
        DatabaseUnavailable("down"),  # nobody answers
        OperationalError("select", {}, Exception("canceling statement due to statement timeout")),  # too slow
        PoolTimeout("QueuePool limit"),  # all connections are in use
    ],
)
def test_a_database_that_is_away(build: Callable[..., Site], trouble: Exception) -> None:
    """Every page says so and when to come back; liveness does not depend on it, readiness does."""

    class Away:
        @contextmanager
        def transaction(self) -> Iterator[None]:
            raise trouble
            yield

    browser = build(store=Away()).browser()
    browser.client.cookies.set("freshlegs", "A" * 43)
    answer = browser.get("/status")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    assert "cannot reach its database" in answer.text
    assert browser.get("/healthz").status_code == 200
    assert (browser.get("/readyz").status_code, browser.get("/readyz").json()["ready"]) == (503, False)
