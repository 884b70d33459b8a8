"""Drills 36, 37 and 38: who may open what, what every response carries, and forms that are not ours."""

from collections.abc import Iterator
from typing import Any

from service.domain.history import CheckIn
from tests.drills.figure import Figure, none
from tests.drills.house import open_house
from tests.drills.size import Size
from tests.web.conftest import Browser, Site, form_token
from tests.web.test_access import ENDING, MATRIX, ask, filled
from tests.web.test_forms import guarded
from tests.web.test_headers import ALWAYS

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE")
SECURED = {"strict-transport-security", "cache-control"}
VISITORS = {
    "anonymous": 0, "athlete": 1, "admin": 2, "expired_athlete": 0, "revoked_athlete": 0, "expired_admin": 0,
    "revoked_admin": 0,
}  # fmt: skip
"""Each with the column of the matrix that is theirs."""


def drill(size: Size) -> list[Figure]:
    """Every route, every method, every visitor; size makes no difference."""
    with open_house() as site:
        responses: list[Any] = []
        asked, wrong = _matrix(site, responses)
        odd = _other_methods(site, responses)
        foreign = _another_athlete(site)
        forms, accepted = _forms(site, responses)
        missing = sum(
            answer.headers.get(name) != value for answer in responses for name, value in ALWAYS.items()
        )
    with open_house(secure_cookies=True, base_url="https://freshlegs.example") as site:
        secured, unsecured = _on_https(site)
    return [
        Figure("asked", asked + odd[0]),
        none("unexpected_allows", wrong + odd[1]),
        none("seen_of_another_athlete", foreign),
        Figure("responses", len(responses) + secured),
        none("headers_missing", missing),
        none("unsecured_on_https", unsecured),
        Figure("forged_forms", forms),
        none("forms_accepted", accepted),
    ]


def _matrix(site: Site, responses: list[Any]) -> tuple[int, int]:
    asked = wrong = 0
    for who, column in VISITORS.items():
        browser = _visitor(site, who)
        for route, row in MATRIX.items():
            visitor = _visitor(site, who) if route in ENDING else browser
            answer = ask(visitor, *route)
            responses.append(answer)
            asked += 1
            if answer.status_code != row[column]:
                print(f"{who} {route}: {answer.status_code} for {row[column]}", flush=True)
                wrong += 1
    return asked, wrong


def _visitor(site: Site, who: str) -> Browser:
    """A browser in that state; an ended session keeps its cookie."""
    if who == "anonymous":
        return site.browser()
    state, _, kind = who.rpartition("_")
    browser = site.athlete() if kind == "athlete" else site.admin()
    cookies = dict(browser.client.cookies)
    if state == "expired":
        site.clock.pass_(days=91)
    if state == "revoked":
        page, action = ("/status", "/logout") if kind == "athlete" else ("/admin", "/admin/logout")
        browser.submit(page, action)
        for name, value in cookies.items():
            browser.client.cookies.set(name, value, domain="testserver.local", path="/")
    return browser


def _other_methods(site: Site, responses: list[Any]) -> tuple[int, int]:
    """What a route is not made for it does not do, for nobody."""
    routes = {path for _, path in MATRIX}
    asked = allowed = 0
    for who in ("anonymous", "athlete", "admin"):
        browser = _visitor(site, who)
        for path in sorted(routes):
            for method in METHODS:
                if (method, path) in MATRIX:
                    continue
                answer = browser.client.request(method, filled(path))
                responses.append(answer)
                asked += 1
                allowed += answer.status_code < 400 or answer.status_code >= 500
    return asked, allowed


def _another_athlete(site: Site) -> int:
    """B asks for what is A's, by every path that names a thing, and in every page of B's own."""
    a, b = site.athlete(1001), site.athlete(1002)
    with site.store.transaction() as tx:
        tx.checkins.put(a.athlete_id, CheckIn(site.clock().date(), legs=1, soreness=1), site.clock())
        tx.addresses.confirm(tx.addresses.propose(a.athlete_id, "a@example.org", site.clock()), site.clock())
    secrets = (str(a.athlete_id), "a@example.org", "1001")
    pages = [path for method, path in MATRIX if method == "GET" and not path.startswith("/admin")]
    texts = [b.get(filled(path)).text for path in pages if "{name}" not in path]
    return sum(secret in text for text in texts for secret in secrets)


def _forms(site: Site, responses: list[Any]) -> tuple[int, int]:
    """Every route that changes something: without its token, with another's, from elsewhere, as a link."""
    tried = accepted = 0
    erased = len(site.erased)
    for path in guarded(site):
        kind = "admin" if path.startswith("/admin") else "athlete"
        browser, other = _visitor(site, kind), _visitor(site, "anonymous")
        page = "/admin" if kind == "admin" else "/status"
        own = form_token(browser.get(page).text)
        for data, headers in _forgeries(own, form_token(other.get("/").text)):
            answer = browser.client.post(filled(path), data=data, headers=headers)
            responses.append(answer)
            tried += 1
            accepted += _taken(path, data, answer.status_code != 403)
        answer = browser.client.get(filled(path), params={"csrf": own})
        tried += 1
        accepted += _taken(path, "a link", answer.status_code not in (200, 404, 405))
    return tried, accepted + len(site.erased) - erased


def _taken(path: str, what: object, taken: bool) -> bool:
    if taken:
        print(f"{path} took {what}", flush=True)
    return taken


def _forgeries(own: str, others: str) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    yield {}, {}
    yield {"csrf": ""}, {}
    yield {"csrf": "0" * 64}, {}
    yield {"csrf": others}, {}
    yield {"csrf": own[:-1]}, {}
    for origin in (
        "https://evil.example",
        "http://testserver.evil.example",
        "https://testserver",
        "http://x",
    ):
        yield {"csrf": own}, {"origin": origin}
    for site in ("cross-site", "same-site"):
        yield {"csrf": own}, {"sec-fetch-site": site}


def _on_https(site: Site) -> tuple[int, int]:
    """Cookies bound to host and path, never in the clear; pages that no cache keeps."""
    browser = site.browser()
    answers = [browser.client.get(filled(path)) for method, path in MATRIX if method == "GET"]
    wrong = sum(name not in answer.headers for answer in answers for name in SECURED)
    for answer in answers:
        for cookie in answer.headers.get_list("set-cookie"):
            parts = {part.strip().lower() for part in cookie.split(";")}
            wrong += not {"secure", "httponly", "path=/"} <= parts
            wrong += not cookie.startswith("__Host-")
    return len(answers), wrong
