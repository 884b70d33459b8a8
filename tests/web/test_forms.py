"""Forms: nothing changes unless the form came from a page of ours, in this browser."""

import pytest

from tests.web.conftest import CODE, Browser, Site, form_token, grant

TOKEN = "A" * 43
OPEN = {
    # RFC 8058: the mail program has no cookie; the token in the path is the proof.
    "/unsubscribe/{token}": "the token of the mail",
    # The link may be opened on another device than the one that asked; the token is the proof.
    "/address/confirm": "the token of the mail",
    # A tap in a mail; the signed token in the link is the proof.
    "/reply/{night}": "the token of the mail",
    # Strava has no cookie; the secret in the path is the proof, and an event is only a hint.
    "/webhook/{secret}": "the secret of the path",
}


def unsafe_routes(site: Site) -> list[str]:
    return [
        path
        for path, methods in site.app.openapi()["paths"].items()
        if set(methods) & {"post", "put", "delete"}
    ]


def guarded(site: Site) -> list[str]:
    return [path for path in unsafe_routes(site) if path not in OPEN]


def visitors(site: Site) -> dict[str, Browser]:
    """One browser that may use either kind of form."""
    browser = site.admin()
    token = site.athlete().client.cookies["freshlegs"]
    browser.client.cookies.set("freshlegs", token, domain="testserver.local", path="/")
    return {"/admin": browser, "/": browser}


@pytest.mark.parametrize(
    "field",
    [
        "",  # no token at all
        "0" * 64,  # the right shape
        "\u00e9" * 64,  # not even ASCII
    ],
)
def test_a_form_without_its_token_is_refused(site: Site, field: str) -> None:
    """Every route that changes something."""
    browser = visitors(site)["/"]
    found = {path: browser.post(path, csrf=field).status_code for path in guarded(site)}
    assert dict.fromkeys(guarded(site), 403) == found
    assert site.erased == []


def test_the_token_of_another_browser_is_refused(site: Site) -> None:
    """A token is worth something only beside the cookie it was made for."""
    mine, theirs = site.athlete(1), site.athlete(2)
    token = form_token(theirs.get("/status").text)
    assert mine.post("/disconnect", csrf=token).status_code == 403
    assert site.erased == []


def test_a_token_dies_with_its_session(site: Site) -> None:
    """Signing in gives a new cookie, and with it new form tokens."""
    browser = site.browser()
    before = form_token(browser.get("/").text)
    site.strava.answers[CODE] = grant()
    browser.connect()
    assert browser.post("/logout", csrf=before).status_code == 403


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("origin", "https://evil.example", 403),  # another site
        ("origin", "http://testserver.evil.example", 403),  # a look-alike
        ("origin", "https://testserver", 403),  # the same name, another scheme
        ("origin", "null", 303),  # what browsers send from a page with "no-referrer"
        ("origin", "http://testserver", 303),  # ourselves
        ("sec-fetch-site", "cross-site", 403),  # the browser itself says so
        ("sec-fetch-site", "same-site", 403),  # a neighbour on the same domain
        ("sec-fetch-site", "same-origin", 303),  # ourselves
    ],
)
def test_where_the_form_comes_from(site: Site, name: str, value: str, status: int) -> None:
    """A genuine token does not help a form of another site."""
    browser = site.athlete()
    data = {"csrf": form_token(browser.get("/status").text), "warnings": "on"}
    assert status == browser.client.post("/mail", data=data, headers={name: value}).status_code


def test_a_form_cannot_be_sent_by_get(site: Site) -> None:
    """A link changes nothing: routes that change answer GET with their page or not at all."""
    browser = site.athlete()
    token = form_token(browser.get("/status").text)
    found = {
        path: browser.get(f"{path}?csrf={token}&warnings=off").status_code
        for path in ("/mail", "/logout", "/connect")
    }
    assert found == {"/mail": 405, "/logout": 405, "/connect": 405}
    assert browser.get("/status").status_code == 200
