"""The headers and cookies of every response."""

from collections.abc import Callable

import pytest

from service.web import consent
from tests.web.conftest import CODE, Site, form_token, grant
from tests.web.test_access import MATRIX, ask

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "form-action 'self' https://www.strava.com https://strava.example; "
    "frame-ancestors 'none'; base-uri 'none'"
)
ALWAYS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


def test_every_response_carries_them(site: Site) -> None:
    """Pages, redirects, refusals, and what does not exist."""
    browser = site.athlete()
    answers = [ask(browser, *route) for route in MATRIX] + [browser.get("/nowhere"), browser.post("/status")]
    missing = [
        (answer.request.url.path, name)
        for answer in answers
        for name, value in ALWAYS.items()
        if answer.headers.get(name) != value
    ]
    assert missing == []


def test_nothing_but_the_stylesheet_is_kept_by_caches(site: Site) -> None:
    """Pages hold what is private; the stylesheet's address changes with its content."""
    browser = site.athlete()
    kept = {
        path
        for method, path in MATRIX
        if "no-store" not in ask(browser, method, path).headers["cache-control"]
    }
    assert {"/static/{name}"} == kept


def test_no_page_brings_a_script_or_a_style_of_its_own(site: Site) -> None:
    """The policy would stop them; better not to send them."""
    browser = site.athlete()
    texts = [
        browser.get(path).text for path in ("/", "/status", "/checkin", "/welcome", "/privacy", "/disconnect")
    ]
    assert [text for text in texts if "<script" in text or "style=" in text or " onclick" in text] == []


def test_the_defect_page_has_them_too(build: Callable[..., Site]) -> None:
    """A defect is logged by type, shown as one plain sentence, and never raised into the server."""

    def broken(*_: object) -> list[object]:
        raise RuntimeError("canary-secret")

    site = build(course=broken)
    answer = site.athlete().get("/status")
    assert answer.status_code == 500
    assert answer.headers["content-security-policy"] == POLICY
    assert "canary-secret" not in answer.text
    assert "page_failed" in [event["event"] for event in site.events]


def test_a_body_that_is_too_large_is_refused(site: Site) -> None:
    """Sixty-four kilobytes are many times our largest form."""
    answer = site.browser().post("/connect", consent="x" * 70_000)
    assert (answer.status_code, answer.headers["content-security-policy"]) == (413, POLICY)


def cookie_of(answer) -> tuple[str, set[str]]:
    name, _, rest = answer.headers["set-cookie"].partition("=")
    return name, {part.strip().lower() for part in rest.split(";")[1:]}


def test_cookies_on_a_plain_address(site: Site) -> None:
    """Not secure, because a browser would not send it back; all else as on https."""
    name, attributes = cookie_of(site.browser().get("/"))
    assert ("freshlegs", {"httponly", "path=/", "samesite=lax"}) == (name, attributes)


def test_cookies_on_https(build: Callable[..., Site]) -> None:
    """Bound to this host and this path; admins' cookies never cross a site."""
    site = build(secure_cookies=True, base_url="https://freshlegs.example")
    athlete = cookie_of(site.browser().get("/"))
    admin = cookie_of(site.browser().get("/admin/login"))
    assert ("__Host-freshlegs", {"httponly", "path=/", "samesite=lax", "secure"}) == athlete
    assert ("__Host-freshlegs-admin", {"httponly", "path=/", "samesite=strict", "secure"}) == admin


def test_browsers_are_told_to_stay_on_https(build: Callable[..., Site]) -> None:
    """Only where there is https."""
    assert (
        "max-age=31536000"
        in build(secure_cookies=True).browser().get("/").headers["strict-transport-security"]
    )
    assert "strict-transport-security" not in build().browser().get("/").headers


def test_no_token_is_stored_as_it_is(site: Site) -> None:
    """A stolen dump opens no session and finishes no connection."""
    browser = site.browser()
    state = browser.start_connecting()
    with site.store.transaction() as tx:
        rows = tx.connection.exec_driver_sql(
            "SELECT s::text || o::text FROM browser_session s, oauth_state o"
        ).all()
    kept = "".join(row[0] for row in rows)
    assert rows
    assert state not in kept
    assert browser.client.cookies["freshlegs"] not in kept


@pytest.mark.parametrize(
    "cookie",
    [
        "short",  # too short to be one of ours
        "x" * 500,  # too long
        "nul\x01byte-but-long-enough-to-look-like-one",  # control character
        "%00%00%00%00%00%00%00%00%00%00%00%00",  # percent signs
        "A" * 43,  # the right shape, unknown
    ],
)
def test_a_made_up_cookie_is_nobody(site: Site, cookie: str) -> None:
    """It opens nothing and breaks nothing."""
    answer = site.browser().client.get("/status", headers={"cookie": f"freshlegs={cookie}"})
    assert answer.status_code == 401


def test_signing_in_changes_the_cookie(site: Site) -> None:
    """A cookie planted before the log-in is worth nothing after it (session fixation)."""
    browser = site.browser()
    site.strava.answers[CODE] = grant()
    browser.submit("/", "/connect", consent=consent.VERSION)
    before = browser.client.cookies["freshlegs"]
    browser.connect()
    assert before != browser.client.cookies["freshlegs"]
    assert form_token(browser.get("/status").text)
