"""Who may open what. A route without a row here fails the build."""

import pytest
from fastapi.routing import APIRoute

from tests.web.conftest import CODE, Browser, Site, grant

TOKEN = "A" * 43

# (method, path) → status for (anonymous, athlete, admin). Forms are sent empty, but with a genuine guard.
MATRIX = {
    # Open to everybody.
    ("GET", "/"): (200, 200, 200),
    ("GET", "/privacy"): (200, 200, 200),
    ("GET", "/goodbye"): (200, 200, 200),
    ("GET", "/healthz"): (200, 200, 200),
    ("GET", "/readyz"): (200, 200, 200),
    ("GET", "/static/{name}"): (200, 200, 200),
    # A form without its consent; a redirect without its state.
    ("POST", "/connect"): (400, 400, 400),
    ("GET", "/oauth/callback"): (400, 400, 400),
    # The token in the link decides, not who asks.
    ("GET", "/unsubscribe/{token}"): (200, 200, 200),
    ("POST", "/unsubscribe/{token}"): (404, 404, 404),
    ("GET", "/address/confirm"): (200, 200, 200),
    ("POST", "/address/confirm"): (404, 404, 404),
    # An athlete's own.
    ("GET", "/welcome"): (401, 200, 401),
    ("GET", "/status"): (401, 200, 401),
    ("GET", "/checkin"): (401, 200, 401),
    ("GET", "/disconnect"): (401, 200, 401),
    ("POST", "/address"): (401, 400, 401),
    ("POST", "/mail"): (401, 400, 401),
    ("POST", "/checkin"): (401, 400, 401),
    ("POST", "/disconnect"): (401, 303, 401),
    ("POST", "/logout"): (303, 303, 303),
    # An admin's; everybody else is shown the door.
    ("GET", "/admin/login"): (200, 200, 200),
    ("POST", "/admin/login"): (403, 403, 403),
    ("GET", "/admin"): (303, 303, 200),
    ("GET", "/admin/athletes"): (303, 303, 200),
    ("GET", "/admin/nights"): (303, 303, 200),
    ("GET", "/admin/mails"): (303, 303, 200),
    ("GET", "/admin/logbook"): (303, 303, 200),
    ("GET", "/admin/quarantine"): (303, 303, 200),
    ("POST", "/admin/logout"): (303, 303, 303),
}
ATHLETE_PAGES = ["/welcome", "/status", "/checkin", "/disconnect"]
ADMIN_PAGES = [path for method, path in MATRIX if method == "GET" and path.startswith("/admin") and "login" not in path]


def filled(path: str) -> str:
    path = path.replace("{token}", TOKEN).replace("{name}", "freshlegs.css")
    return f"{path}?token={TOKEN}" if path == "/address/confirm" else path


def ask(browser: Browser, method: str, path: str):
    if method == "GET":
        return browser.get(filled(path))
    door = "/admin/login" if path.startswith("/admin") else "/"
    return browser.submit(door, filled(path).split("?")[0], token=TOKEN)


def test_every_route_has_a_row(site: Site) -> None:
    """A new page cannot be forgotten here."""
    schema = site.app.openapi()["paths"]
    routes = {(method.upper(), path) for path, methods in schema.items() for method in methods}
    assert set(MATRIX) == routes


@pytest.mark.parametrize(("method", "path"), MATRIX)
def test_matrix(site: Site, method: str, path: str) -> None:
    """Nobody gets more than the row says."""
    browsers = (site.browser(), site.athlete(), site.admin())
    assert MATRIX[method, path] == tuple(ask(browser, method, path).status_code for browser in browsers)


@pytest.mark.parametrize("path", ATHLETE_PAGES)
def test_an_ended_session_opens_nothing(site: Site, path: str) -> None:
    """A cookie copied before the log-out is worth nothing after it."""
    athlete, thief = site.athlete(), site.browser()
    thief.client.cookies.update(athlete.client.cookies)
    assert 200 == thief.get(path).status_code
    athlete.submit("/status", "/logout")
    assert 401 == thief.get(path).status_code


def test_a_session_ends_when_it_is_left_alone(site: Site) -> None:
    """Idle limit: two weeks for athletes."""
    athlete = site.athlete()
    site.clock.pass_(days=13)
    assert 200 == athlete.get("/status").status_code
    site.clock.pass_(days=15)
    assert 401 == athlete.get("/status").status_code


@pytest.mark.parametrize("path", ADMIN_PAGES)
def test_an_admins_session_is_short(site: Site, path: str) -> None:
    """Idle limit: half an hour for admins."""
    admin = site.admin()
    site.clock.pass_(minutes=31)
    answer = admin.get(path)
    assert (303, "/admin/login") == (answer.status_code, answer.headers["location"])


def test_an_admins_session_ends_after_a_day_of_work(site: Site) -> None:
    """Absolute limit: twelve hours, however busy."""
    admin = site.admin()
    for _ in range(30):
        site.clock.pass_(minutes=25)
        status = admin.get("/admin").status_code
    assert 303 == status


def test_a_disabled_admin_is_out_at_once(site: Site) -> None:
    """Disabling ends the sessions that are open."""
    admin = site.admin()
    with site.store.transaction() as tx:
        tx.admins.disable("ada", site.clock())
    assert 303 == admin.get("/admin").status_code


def test_an_athlete_who_was_erased_elsewhere_is_signed_out(site: Site) -> None:
    """The session goes with the athlete."""
    athlete = site.athlete()
    with site.store.transaction() as tx:
        tx.athletes.forget(athlete.athlete_id)
    assert 401 == athlete.get("/status").status_code


def test_one_athlete_never_sees_another(site: Site) -> None:
    """Two browsers, two athletes, each its own page: what one switches, the other does not feel."""
    first, second = site.athlete(1), site.athlete(2)
    first.submit("/status", "/mail", warnings="off")
    with site.store.transaction() as tx:
        wants = [tx.addresses.wants(browser.athlete_id, "warning") for browser in (first, second)]
    assert [False, True] == wants


def test_an_operator_may_run(site: Site) -> None:
    """The two cookies live side by side."""
    browser = site.admin()
    site.strava.answers[CODE] = grant()
    browser.connect()
    assert [200, 200] == [browser.get("/admin").status_code, browser.get("/status").status_code]
