"""Who may open what. A route without a row here fails the build."""

from uuid import UUID

import pytest

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
    # Strava's: the path is the key, and a wrong one is no page.
    ("GET", "/webhook/{secret}"): (404, 404, 404),
    ("POST", "/webhook/{secret}"): (404, 404, 404),
    # For who knows the token, and for nobody while there is none.
    ("GET", "/metrics"): (404, 404, 404),
    # A form without its consent; a redirect without its state.
    ("POST", "/connect"): (400, 400, 400),
    ("GET", "/oauth/callback"): (403, 403, 403),
    # The token in the link decides, not who asks.
    ("GET", "/unsubscribe/{token}"): (200, 200, 200),
    ("POST", "/unsubscribe/{token}"): (404, 404, 404),
    ("GET", "/address/confirm"): (200, 200, 200),
    ("POST", "/address/confirm"): (404, 404, 404),
    # An athlete's own.
    ("GET", "/welcome"): (401, 200, 401),
    ("GET", "/status"): (401, 200, 401),
    ("GET", "/checkin"): (401, 200, 401),
    ("GET", "/nights/{night}"): (401, 404, 401),
    ("GET", "/preferences"): (401, 200, 401),
    ("POST", "/preferences"): (401, 303, 401),
    ("POST", "/unmute"): (401, 400, 401),
    ("GET", "/export.json"): (401, 200, 401),
    ("GET", "/export.zip"): (401, 200, 401),
    # An athlete's own, or whoever holds the link of the mail.
    ("GET", "/reply/{night}"): (401, 404, 401),
    ("POST", "/reply/{night}"): (401, 404, 401),
    ("GET", "/profile"): (401, 200, 401),
    ("POST", "/profile"): (401, 303, 401),
    ("GET", "/disconnect"): (401, 200, 401),
    ("POST", "/address"): (401, 400, 401),
    ("POST", "/mail"): (401, 400, 401),
    ("POST", "/checkin"): (401, 400, 401),
    ("POST", "/archive"): (401, 400, 401),
    ("POST", "/disconnect"): (401, 303, 401),
    ("POST", "/logout"): (303, 303, 303),
    # An admin's; everybody else is shown the door.
    ("GET", "/admin/login"): (200, 200, 200),
    ("POST", "/admin/login"): (403, 403, 403),
    ("GET", "/admin"): (303, 303, 200),
    ("GET", "/admin/athletes"): (303, 303, 200),
    ("GET", "/admin/nights"): (303, 303, 200),
    ("GET", "/admin/mails"): (303, 303, 200),
    ("GET", "/admin/inbox"): (303, 303, 200),
    ("GET", "/admin/logbook"): (303, 303, 200),
    ("GET", "/admin/quarantine"): (303, 303, 200),
    ("GET", "/admin/guards"): (303, 303, 200),
    ("GET", "/admin/jobs"): (303, 303, 200),
    # An operator's; the rows asked for are not there, and the forms are empty.
    ("POST", "/admin/guards/mail"): (303, 303, 400),
    ("POST", "/admin/guards/warnings"): (303, 303, 400),
    ("POST", "/admin/athletes/{athlete}/unpark"): (303, 303, 404),
    ("POST", "/admin/mails/{mail}/retry"): (303, 303, 404),
    ("POST", "/admin/jobs/{job}/retry"): (303, 303, 404),
    ("POST", "/admin/quarantine/{row}/resolve"): (303, 303, 404),
    ("POST", "/admin/logout"): (303, 303, 303),
}
ENDING = [("POST", "/disconnect"), ("POST", "/logout"), ("POST", "/admin/logout")]
"""These end the session they are asked with, so each gets a browser of its own."""
ATHLETE_PAGES = ["/welcome", "/status", "/checkin", "/profile", "/preferences", "/export.json", "/disconnect"]
ADMIN_PAGES = [
    path for method, path in MATRIX if method == "GET" and path.startswith("/admin") and "login" not in path
]


FILLING = {
    "token": TOKEN,
    "secret": TOKEN,
    "name": "freshlegs.css",
    "night": "2026-03-01",
    "athlete": str(UUID(int=1)),
    "job": "1",
    "mail": str(UUID(int=1)),
    "row": "1",
}


def filled(path: str) -> str:
    for name, value in FILLING.items():
        path = path.replace(f"{{{name}}}", value)
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


@pytest.mark.parametrize(
    ("who", "column"),
    [
        ("browser", 0),  # a stranger
        ("athlete", 1),  # signed in by Strava
        ("admin", 2),  # signed in by password
    ],
)
def test_matrix(site: Site, who: str, column: int) -> None:
    """Nobody gets more than the row says."""
    found = {route: ask(getattr(site, who)(), *route).status_code for route in ENDING}
    browser = getattr(site, who)()
    found |= {route: ask(browser, *route).status_code for route in MATRIX if route not in ENDING}
    assert {route: row[column] for route, row in MATRIX.items()} == found


def test_an_ended_session_opens_nothing(site: Site) -> None:
    """A cookie copied before the log-out is worth nothing after it."""
    athlete, thief = site.athlete(), site.browser()
    thief.client.cookies.update(athlete.client.cookies)
    before = {thief.get(path).status_code for path in ATHLETE_PAGES}
    athlete.submit("/status", "/logout")
    assert ({200}, {401}) == (before, {thief.get(path).status_code for path in ATHLETE_PAGES})


def test_a_session_ends_when_it_is_left_alone(site: Site) -> None:
    """Idle limit: two weeks for athletes."""
    athlete = site.athlete()
    site.clock.pass_(days=13)
    assert athlete.get("/status").status_code == 200
    site.clock.pass_(days=15)
    assert athlete.get("/status").status_code == 401


def test_an_admins_session_is_short(site: Site) -> None:
    """Idle limit: half an hour for admins."""
    admin = site.admin()
    site.clock.pass_(minutes=31)
    assert {"/admin/login"} == {admin.get(path).headers["location"] for path in ADMIN_PAGES}


def test_an_admins_session_ends_after_a_day_of_work(site: Site) -> None:
    """Absolute limit: twelve hours, however busy."""
    admin = site.admin()
    found = []
    for _ in range(26):
        site.clock.pass_(minutes=29)
        found.append(admin.get("/admin/mails").status_code)
    assert found == [200] * 24 + [303] * 2


def test_a_disabled_admin_is_out_at_once(site: Site) -> None:
    """Disabling ends the sessions that are open."""
    admin = site.admin()
    with site.store.transaction() as tx:
        tx.admins.disable("ada", site.clock())
    assert admin.get("/admin").status_code == 303


def test_an_athlete_who_was_erased_elsewhere_is_signed_out(site: Site) -> None:
    """The session goes with the athlete."""
    athlete = site.athlete()
    with site.store.transaction() as tx:
        tx.athletes.forget(athlete.athlete_id, site.clock())
    assert athlete.get("/status").status_code == 401


def test_one_athlete_never_sees_another(site: Site) -> None:
    """Two browsers, two athletes, each its own page: what one switches, the other does not feel."""
    first, second = site.athlete(1), site.athlete(2)
    first.submit("/status", "/mail", warnings="off")
    with site.store.transaction() as tx:
        wants = [tx.addresses.wants(browser.athlete_id, "warning") for browser in (first, second)]
    assert wants == [False, True]


def test_an_operator_may_run(site: Site) -> None:
    """The two cookies live side by side."""
    browser = site.admin()
    site.strava.answers[CODE] = grant()
    browser.connect()
    assert [browser.get("/admin").status_code, browser.get("/status").status_code] == [200, 200]
