"""The ways out."""

from service.domain.night import MailKind
from tests.web.conftest import Browser, Site


def unsubscribe_path(site: Site, browser: Browser) -> str:
    with site.store.transaction() as tx:
        return f"/unsubscribe/{tx.addresses.unsubscribe_token(browser.athlete_id)}"


def wants(site: Site, browser: Browser) -> bool:
    with site.store.transaction() as tx:
        return tx.addresses.wants(browser.athlete_id, MailKind.WARNING)


def test_a_hundred_scanners_change_nothing(site: Site) -> None:
    """Opening the link only asks."""
    browser = site.athlete()
    path = unsubscribe_path(site, browser)
    stranger = site.browser()
    answers = [stranger.get(path) for _ in range(20)]
    assert {200} == {answer.status_code for answer in answers}
    assert "Nothing has changed yet" in answers[0].text
    assert wants(site, browser)


def test_one_click(site: Site) -> None:
    """RFC 8058: a POST of the mail program, without cookies, takes effect before it is answered."""
    browser = site.athlete()
    path = unsubscribe_path(site, browser)
    answer = site.browser().client.post(path, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert not wants(site, browser)


def test_one_click_as_multipart(site: Site) -> None:
    """The other form RFC 8058 allows."""
    browser = site.athlete()
    answer = site.browser().client.post(
        unsubscribe_path(site, browser), files={"List-Unsubscribe": (None, "One-Click")}
    )
    assert answer.status_code == 200
    assert not wants(site, browser)


def test_one_click_without_a_body(site: Site) -> None:
    """Some programs send none; the token says everything."""
    browser = site.athlete()
    assert site.browser().client.post(unsubscribe_path(site, browser)).status_code == 200
    assert not wants(site, browser)


def test_again_and_again(site: Site) -> None:
    """Replayed, it stays as it is."""
    browser = site.athlete()
    path = unsubscribe_path(site, browser)
    assert {200} == {site.browser().post(path).status_code for _ in range(5)}
    assert not wants(site, browser)


def test_forged_links_hit_nobody(site: Site) -> None:
    """Neither by chance nor by shape; the page of the question tells nothing about who exists."""
    browser = site.athlete()
    unsubscribe_path(site, browser)
    stranger = site.browser()
    forged = [f"/unsubscribe/{n:043d}" for n in range(20)]
    assert {200} == {stranger.get(path).status_code for path in forged}
    assert {404} == {stranger.post(path).status_code for path in forged}
    assert wants(site, browser)


def test_logging_out(site: Site) -> None:
    """Back to the start page, and signed out."""
    browser = site.athlete()
    answer = browser.submit("/status", "/logout")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert browser.get("/status").status_code == 401


def test_disconnecting_asks_first(site: Site) -> None:
    """The page says what goes; opening it changes nothing."""
    browser = site.athlete()
    assert "This cannot be undone" in browser.get("/disconnect").text
    assert site.erased == []


def test_disconnecting_erases(site: Site) -> None:
    """The athlete is handed over for erasure, the session is over, and the goodbye needs none."""
    browser = site.athlete()
    athlete = browser.athlete_id
    answer = browser.submit("/disconnect", "/disconnect")
    assert (answer.status_code, answer.headers["location"]) == (303, "/goodbye")
    assert [athlete] == site.erased
    assert browser.get("/status").status_code == 401
    assert "You are disconnected" in browser.get("/goodbye").text
