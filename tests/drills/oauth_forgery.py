"""Drill 34: the way back from Strava, forged in every way we know; nobody gets in."""

import random
from collections.abc import Callable, Iterator

from tests.drills.figure import Figure, none
from tests.drills.house import open_house
from tests.drills.size import Size
from tests.web.conftest import CODE, STRAVA, Browser, Site, grant

SCOPE = "read,activity:read_all,profile:read_all"
ELSEWHERE = (
    "https://evil.example", "//evil.example", "/\\evil.example", "https:evil.example", "javascript:alert(1)",
    "http://testserver@evil.example", "https://testserver.evil.example", "%2f%2fevil.example", "\tevil",
    "data:text/html,hello",
)  # fmt: skip
NAMES = ("next", "redirect_uri", "return_to", "url", "continue")
HOSTS = ("evil.example", "testserver.evil.example", "testserver:81", "testserver@evil.example", "")
Attempt = Callable[[Site], bool]


def drill(size: Size) -> list[Figure]:
    """Each attempt on a site with nobody in it; accepted = a code was exchanged, a session opened, or the
    browser sent elsewhere."""
    dice = random.Random(size.seed)
    with open_house() as site:
        site.strava.answers[CODE] = grant()
        attempts = list(_attempts(dice, size.of(25, 200)))
        accepted = sum(attempt(site) for attempt in attempts)
        athletes = _athletes(site)
        honest = site.athlete(4711).get("/status").status_code
        swapped = _swap(site)
        replays = sum(_code_again(site) for _ in range(5))
    return [
        Figure("attempts", len(attempts) + 6, least=200),
        none("accepted", accepted),
        none("athletes_made", athletes),
        none("accounts_swapped", swapped),
        none("codes_used_twice", replays),
        Figure("an_honest_one_gets_in", int(honest == 200), least=1),
    ]


def _attempts(dice: random.Random, each: int) -> Iterator[Attempt]:
    for _ in range(each):
        yield lambda site: _back(site, site.browser())
        yield lambda site: _back(site, _gone(site), state=_letters(dice))
        yield lambda site: _back(site, _gone(site), state=site.browser().start_connecting())
        yield lambda site: _back(site, site.browser(), state=site.browser().start_connecting())
        yield _too_late
        yield _twice
        yield lambda site: _spoiled(site, dice)
    for name in NAMES:
        for target in ELSEWHERE:
            yield lambda site, name=name, target=target: _sent_elsewhere(site, name, target)
    for host in HOSTS:
        yield lambda site, host=host: _host(site, host)


def _back(site: Site, browser: Browser, **query: str) -> bool:
    """Whether Strava was asked for tokens, or anybody is signed in."""
    asked = len(site.strava.asked)
    answer = browser.come_back(code=CODE, scope=SCOPE, **query)
    return (
        len(site.strava.asked) > asked
        or answer.status_code < 400
        or browser.get("/status").status_code == 200
    )


def _gone(site: Site) -> Browser:
    browser = site.browser()
    browser.start_connecting()
    return browser


def _too_late(site: Site) -> bool:
    browser = site.browser()
    state = browser.start_connecting()
    site.clock.pass_(minutes=11)
    return _back(site, browser, state=state)


def _twice(site: Site) -> bool:
    browser = site.browser()
    state = browser.start_connecting()
    browser.come_back(state=state, error="access_denied")
    return _back(site, browser, state=state)


def _spoiled(site: Site, dice: random.Random) -> bool:
    """The right state but for one letter."""
    browser = site.browser()
    state = list(browser.start_connecting())
    at = dice.randrange(len(state) - 1)
    state[at] = "A" if state[at] != "A" else "B"
    return _back(site, browser, state="".join(state))


def _sent_elsewhere(site: Site, name: str, target: str) -> bool:
    """Parameters that other services follow: on the start page, on the form, and on the way back."""
    site.clock.pass_(hours=1)
    browser = site.browser()
    answers = [browser.client.get("/", params={name: target})]
    answers.append(browser.submit("/", "/connect", consent="x", **{name: target}))
    answers.append(browser.come_back(error="access_denied", state="x", **{name: target}))
    return any(not _ours(answer.headers.get("location", "/")) for answer in answers)


def _host(site: Site, host: str) -> bool:
    """Where the browser is sent follows from our settings, never from what it says our name is."""
    answer = site.browser().client.get("/", headers={"host": host})
    return host != "" and host in answer.text


def _ours(location: str) -> bool:
    return location.startswith(f"{STRAVA}/") or (
        location.startswith("/") and location[1:2] not in ("/", "\\")
    )


def _swap(site: Site) -> int:
    """Signed in as one athlete, Strava answers for another."""
    browser = site.athlete(1)
    mine = browser.athlete_id
    site.strava.answers[CODE] = grant(2)
    return int(browser.connect().status_code < 400 or browser.athlete_id != mine)


def _code_again(site: Site) -> bool:
    """The whole address of an honest way back, opened once more."""
    site.clock.pass_(hours=1)
    site.strava.answers[CODE] = grant(3)
    browser = site.browser()
    state = browser.start_connecting()
    browser.come_back(state=state, code=CODE, scope=SCOPE)
    asked = len(site.strava.asked)
    answer = browser.come_back(state=state, code=CODE, scope=SCOPE)
    return len(site.strava.asked) > asked or answer.status_code < 400


def _athletes(site: Site) -> int:
    with site.store.transaction() as tx:
        return len(tx.athletes.all())


def _letters(dice: random.Random) -> str:
    return "".join(dice.choices("ABCDEFGHabcdefgh0123456789-_", k=43))
