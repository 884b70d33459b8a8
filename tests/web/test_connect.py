"""From the start page to Strava and back."""

import hashlib
from collections.abc import Callable

import pytest

from service.domain.athlete import AthleteState
from service.errors import AppInactive, AthleteLimitReached, QuotaExhausted, StravaUnavailable, TokenDead
from service.web import consent
from service.web.connect import CONNECTS_AN_HOUR
from service.web.deps import PACKAGE
from tests.web.conftest import CODE, NOW, STRAVA, Site, grant


def connected(site: Site) -> int:
    with site.store.transaction() as tx:
        return len(tx.athletes.all(10))


def test_the_start_page_says_what_matters(site: Site) -> None:
    """What is read, what for, how long kept, who sees it, how to stop; and the button in Strava's words."""
    text = site.browser().get("/").text
    for words in ("What is read", "What for", "How long it is kept", "Who sees it", "How to stop"):
        assert words in text
    assert ">Connect with Strava</button>" in text
    assert "7 days" in text


def test_an_operator_who_keeps_data_says_so(build: Callable[..., Site]) -> None:
    """Without a limit the page does not promise one."""
    text = build(retention_days=0).browser().get("/").text
    assert "stays until you leave" in text
    assert "0 days" not in text


def test_the_promise_and_its_version_belong_together() -> None:
    """A changed text is a new version, and needs a new consent: change both, and the print here."""
    text = (PACKAGE / "templates" / "promise.html").read_bytes()
    assert (consent.VERSION, hashlib.sha256(text).hexdigest()[:16]) == ("2026-11-23.3", "3a27868865276706")


def test_without_consent_nothing_starts(site: Site) -> None:
    """The box must be ticked, and for this very text."""
    for given in ({}, {"consent": ""}, {"consent": "2020-01-01"}):
        answer = site.browser().submit("/", "/connect", **given)
        assert answer.status_code == 400
        assert "Please tick the box first" in answer.text


def test_consent_leads_to_strava(site: Site) -> None:
    """By a redirect that is not a link anyone could send around."""
    answer = site.browser().submit("/", "/connect", consent=consent.VERSION)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"{STRAVA}/oauth/authorize?state=")


def test_coming_back_connects(site: Site) -> None:
    """Athlete, tokens and consent are kept, the queue is woken, and the next page asks for an address."""
    site.strava.answers[CODE] = grant()
    browser = site.browser()
    answer = browser.connect()
    assert (answer.status_code, answer.headers["location"]) == (303, "/welcome")
    with site.store.transaction() as tx:
        athlete = tx.athletes.by_strava_id(4711)
        assert athlete is not None
        tokens, agreed = tx.tokens.get(athlete.id), tx.consents.latest(athlete.id)
    assert AthleteState.CONNECTED is athlete.state
    assert athlete.sees_private_activities
    assert tokens == grant().tokens
    assert agreed is not None
    assert (consent.VERSION, site.clock()) == (agreed.version, agreed.given_at)
    assert [("sync", athlete.id)] == site.woken
    assert browser.athlete_id == athlete.id


def test_coming_again_signs_in(site: Site) -> None:
    """The same button, another browser, the same athlete; the address is not asked for twice."""
    first = site.athlete()
    first.submit("/welcome", "/address", address="ola@example.org")
    again = site.browser()
    answer = again.connect()
    assert (answer.status_code, answer.headers["location"]) == (303, "/status")
    assert (1, first.athlete_id) == (connected(site), again.athlete_id)


def test_scopes_come_from_the_redirect(site: Site) -> None:
    """What was un-ticked is not assumed."""
    site.strava.answers[CODE] = grant()
    site.browser().connect(scope="read,activity:read")
    with site.store.transaction() as tx:
        athlete = tx.athletes.by_strava_id(4711)
    assert athlete is not None
    assert {"read", "activity:read"} == athlete.scopes


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ({"error": "access_denied"}, 403, "did not allow access"),  # refused
        ({"code": CODE, "scope": "read"}, 403, "no activities were shared"),  # the one we need
        ({"code": CODE, "scope": ""}, 403, "no activities were shared"),  # nothing ticked
        ({"scope": "read,activity:read"}, 403, "did not allow access"),  # neither code nor error
    ],
)
def test_a_refusal_is_explained(site: Site, query: dict[str, str], status: int, words: str) -> None:
    """Plainly, without asking Strava for anything."""
    browser = site.browser()
    answer = browser.come_back(state=browser.start_connecting(), **query)
    assert status == answer.status_code
    assert words in answer.text
    assert (site.strava.asked, connected(site)) == ([], 0)


@pytest.mark.parametrize(
    ("problem", "status", "words"),
    [
        (AthleteLimitReached("full"), 403, "We are full"),  # Strava's limit of athletes
        (StravaUnavailable("down"), 503, "Strava is not answering"),  # may work later
        (QuotaExhausted("later", NOW), 503, "Strava is not answering"),  # the same
        (TokenDead("used"), 400, "That did not work"),  # a code that was used before, or made up
        (AppInactive("off"), 400, "That did not work"),  # the operator's to mend
    ],
)
def test_strava_may_say_no(site: Site, problem: Exception, status: int, words: str) -> None:
    """Each in plain words; nothing is kept, and the log names the kind."""
    site.strava.answers[CODE] = problem
    answer = site.browser().connect()
    assert status == answer.status_code
    assert words in answer.text
    assert connected(site) == 0
    assert [event["event"] for event in site.events] == ["connect_failed"]


@pytest.mark.parametrize("problem", [StravaUnavailable("down")])
def test_who_may_come_later_is_told_when(site: Site, problem: Exception) -> None:
    """Machines read Retry-After."""
    site.strava.answers[CODE] = problem
    assert site.browser().connect().headers["retry-after"] == "900"


class TestState:
    """The way back is good once, in the browser that went, within ten minutes."""

    def refused(self, site: Site, answer) -> bool:
        return answer.status_code == 403 and not site.strava.asked and connected(site) == 0

    def test_missing(self, site: Site) -> None:
        """Nobody went."""
        browser = site.browser()
        browser.start_connecting()
        assert self.refused(site, browser.come_back(code=CODE, scope="activity:read"))

    def test_made_up(self, site: Site) -> None:
        """Somebody went, but not with this."""
        browser = site.browser()
        browser.start_connecting()
        assert self.refused(site, browser.come_back(state="A" * 43, code=CODE, scope="activity:read"))

    def test_of_another_browser(self, site: Site) -> None:
        """An attacker's state does not sign a victim in as the attacker."""
        attacker, victim = site.browser(), site.browser()
        state = attacker.start_connecting()
        victim.start_connecting()
        assert self.refused(site, victim.come_back(state=state, code=CODE, scope="activity:read"))

    def test_of_a_browser_without_cookie(self, site: Site) -> None:
        """The session is half of the proof."""
        state = site.browser().start_connecting()
        assert self.refused(site, site.browser().come_back(state=state, code=CODE, scope="activity:read"))

    def test_too_late(self, site: Site) -> None:
        """Eleven minutes are too many."""
        browser = site.browser()
        state = browser.start_connecting()
        site.clock.pass_(minutes=11)
        assert self.refused(site, browser.come_back(state=state, code=CODE, scope="activity:read"))

    def test_twice(self, site: Site) -> None:
        """Used up by the first answer, whatever it was."""
        browser = site.browser()
        state = browser.start_connecting()
        browser.come_back(state=state, error="access_denied")
        assert self.refused(site, browser.come_back(state=state, code=CODE, scope="activity:read"))

    def test_taken_by_another_browser_is_used_up(self, site: Site) -> None:
        """A state that leaked is dead, for its owner too."""
        owner, thief = site.browser(), site.browser()
        state = owner.start_connecting()
        thief.start_connecting()
        thief.come_back(state=state, code=CODE, scope="activity:read")
        assert self.refused(site, owner.come_back(state=state, code=CODE, scope="activity:read"))


def test_accounts_are_not_swapped(site: Site) -> None:
    """Signed in as one athlete, Strava answers for another: nothing changes."""
    browser = site.athlete(1)
    mine = browser.athlete_id
    site.strava.answers[CODE] = grant(2)
    answer = browser.connect()
    assert answer.status_code == 409
    assert (1, mine) == (connected(site), browser.athlete_id)


def test_a_signed_in_athlete_connects_again(site: Site) -> None:
    """After Strava has ended the grant: the same athlete, connected."""
    browser = site.athlete()
    with site.store.transaction() as tx:
        tx.athletes.needs_reconnect(browser.athlete_id, site.clock())
    assert "Strava no longer lets us read your runs" in browser.get("/status").text
    browser.connect()
    assert "Strava no longer lets us read your runs" not in browser.get("/status").text


def test_nobody_starts_a_thousand_times(site: Site) -> None:
    """Rows for visitors are limited by the hour and the address."""
    with site.store.transaction() as tx:
        for _ in range(CONNECTS_AN_HOUR):
            tx.admins.allow("connect 198.51.100.7", CONNECTS_AN_HOUR, 3600, site.clock())
    assert site.browser().submit("/", "/connect", consent=consent.VERSION).status_code == 429
    other = site.browser(address="203.0.113.9")
    assert other.submit("/", "/connect", consent=consent.VERSION).status_code == 303


def test_pages_know_no_host_header(site: Site) -> None:
    """No address is built from what a browser sends."""
    answer = site.browser().client.get("/", headers={"host": "evil.example"})
    assert "evil.example" not in answer.text
