"""A season in miniature: pages, queue, worker, database and mail are the real ones, Strava and time are not.

Two athletes connect through the pages; one of them runs much too far the day after. Three nights pass.
"""

import contextlib
import json
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from service.domain.athlete import AthleteState
from service.domain.night import Silence
from service.store.mailbox import MailState
from tests.demo.season import open_season
from tests.strava_standin.control import CANARIES
from tests.web import test_browser
from tests.web.test_browser import answer_and_mute, headed, on_a_phone
from tests.whole.conftest import logging_as_before

START = datetime(2026, 2, 28, 15, 0, tzinfo=UTC)
"""A Saturday."""
NIGHTS = 3
SPIKED, STEADY = "session_spike", "steady"
PLACES = re.compile(r"(?<![\d.])0\.0(123|321)(?!\d)")
chromium = test_browser.chromium
in_a_browser = pytest.mark.skipif(
    not test_browser.CHROMIUM.exists(), reason=f"no system Chromium at {test_browser.CHROMIUM}"
)
TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"


@pytest.fixture(scope="module")
def season(tmp_path_factory):
    """The season after its nights, with the log that was printed and how long each first verdict took."""
    folder = tmp_path_factory.mktemp("season")
    with (
        logging_as_before(),
        (folder / "printed.log").open("w") as printed,
        contextlib.redirect_stderr(printed),
        open_season(folder, START, athletes=(), log_level="info") as living,
    ):
        living.standin.reset(now=START, athletes=[{"kind": SPIKED, "onset": "2026-03-01"}, STEADY])
        living.first_verdict_s = {}
        for athlete in living.standin.athletes():
            began = time.monotonic()
            person = living.connect(athlete)
            page = person.browser.open(f"{living.app.settings.base_url}/status")
            living.first_verdict_s[person.kind] = (time.monotonic() - began, page)
        living.pass_nights(START + timedelta(days=NIGHTS), lambda _now: None)
        living.printed = folder / "printed.log"
        yield living


def known(season, kind):
    """The athlete of that kind as the store knows them."""
    person = next(person for person in season.people if person.kind == kind)
    with season.app.store.transaction() as tx:
        return tx.athletes.by_strava_id(person.strava_id)


def nights(season, kind):
    with season.app.store.transaction() as tx:
        return tx.nights.of(known(season, kind).id, 100)[::-1]


def everything_kept(season):
    """Every value of every row of every table as text, by table: what a dump would show."""
    found = {}
    with psycopg.connect(season.app.dsn) as connection:
        for (table,) in connection.execute(TABLES).fetchall():
            rows = connection.execute(f'SELECT * FROM "{table}"').fetchall()
            found[table] = "\n".join(_text(value) for row in rows for value in row)
    return found


def _text(value):
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


@pytest.mark.parametrize("kind", [SPIKED, STEADY])
def test_the_first_verdict_comes_within_a_minute(season, kind):
    """From the button to the page that says it, the address and its confirmation included."""
    seconds, page = season.first_verdict_s[kind]
    assert seconds < 60
    assert "Judged on" in page


@pytest.mark.parametrize("kind", [SPIKED, STEADY])
def test_every_night_is_judged_once(season, kind):
    """The newest that was due at consent, and those that passed."""
    judged = [night.night for night in nights(season, kind)]
    assert judged == [START.date() + timedelta(days=n) for n in range(NIGHTS + 1)]


def test_only_who_deserves_it_is_warned(season):
    """And for every silence there is a reason."""
    assert [outcome.warnings > 0 for outcome in season.outcomes()] == [True, False]
    decisions = [night.decision for kind in (SPIKED, STEADY) for night in nights(season, kind)]
    assert all(decision.mail or isinstance(decision.silent_because, Silence) for decision in decisions)


def is_warning(mail):
    """Each kind of mail is unsubscribed from by its own link."""
    return "kind=warning" in (mail["List-Unsubscribe"] or "")


def test_each_mail_arrived_once_and_only_with_its_reader(season):
    """Confirmations, questions and the warning, each its own Message-ID, none left behind."""
    mails = season.mails()
    assert len({mail["Message-ID"] for mail in mails}) == len(mails)
    warned = [mail["To"] for mail in mails if is_warning(mail)]
    spiked = next(person for person in season.people if person.kind == SPIKED)
    assert warned == [spiked.address] * len(warned) != []
    with season.app.store.transaction() as tx:
        assert set(tx.mailbox.counts_by_state()) == {MailState.SENT}


def test_the_warning_is_complete(season):
    """Plain text says all: what was seen, how sure, what to do, and how to stop it."""
    warning = next(mail for mail in season.mails() if is_warning(mail))
    text = warning.get_body(("plain",)).get_content()
    assert "HOW SURE WE ARE" in text
    assert "/unsubscribe/" in text
    assert warning["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert warning.get_body(("html",)) is not None


def test_strava_was_asked_within_its_limits(season):
    """No call was refused for its number, no refresh token used twice, no token put into an address."""
    counters = season.standin.counters()
    assert not {"too_many", "refresh_reuse", "token_in_query", "unauthorized"} & set(counters)


def test_titles_and_places_are_kept_nowhere(season):
    """Canaries of the stand-in: not in a table, not in a log, not in a mail."""
    kept = everything_kept(season)
    assert len(kept) > 20
    assert len(kept["activity"]) > 10_000
    texts = kept | {"printed": season.printed.read_text(), "mails": "\n".join(map(str, season.mails()))}
    words = [canary for canary in CANARIES if not canary.startswith("0.")]
    assert [(name, word) for name, text in texts.items() for word in words if word in text] == []
    del texts["night"]  # numbers of its own to four decimals, among which any may turn up
    assert [name for name, text in texts.items() if PLACES.search(text)] == []


def test_secrets_are_kept_nowhere_in_the_clear(season):
    """Tokens, the application's secret and addresses: encrypted in the database, absent from the log."""
    with season.app.store.transaction() as tx:
        tokens = [tx.tokens.get(athlete.id) for athlete in tx.athletes.all()]
    secrets = {token for pair in tokens for token in (pair.access_token, pair.refresh_token)}
    secrets |= {season.standin.client_secret, *(person.address for person in season.people)}
    assert len(secrets) == 7
    texts = everything_kept(season) | {"printed": season.printed.read_text()}
    assert [name for name, text in texts.items() for secret in secrets if secret in text] == []


def test_the_log_tells_what_happened(season):
    """Events with constant names, for admins in a table and printed as JSON."""
    deadline = time.monotonic() + 60
    wanted = {"athlete_connected", "activities_stored", "night_judged", "mail_sent", "address_confirmed"}
    seen = set()
    while not wanted <= seen and time.monotonic() < deadline:
        with season.app.store.transaction() as tx:
            seen = {entry.event for entry in tx.logbook.search(limit=1000)}
    assert wanted <= seen
    assert not {"tick_failed", "job_failed", "night_failed", "page_failed"} & seen
    assert '"night_judged"' in season.printed.read_text()


class TestAtTheDoor:
    """What a newcomer can do on Strava's page, and what freshlegs says to it."""

    @pytest.fixture
    def newcomer(self, season):
        """A browser on Strava's page of consent, and the athlete it will be."""
        browser = season.browser()
        browser.open(f"{season.app.settings.base_url}/")
        browser.submit("/connect", tick="consent")
        return browser

    def as_steady(self, season):
        return str(season.standin.athlete(STEADY)["id"])

    def submit(self, browser, **given):
        """The consent page's form; an answer of 4xx is a page too."""
        try:
            return browser.submit("/oauth/authorize", **given)
        except Exception as refusal:
            return refusal.response.text

    def test_refusing_connects_nobody(self, season, newcomer):
        """It is said plainly that nothing was read."""
        page = self.submit(newcomer, button="Refuse", athlete=self.as_steady(season))
        assert "nothing was read and nothing is kept" in page

    def test_without_activities_there_is_no_connection(self, season, newcomer):
        """The rest may be un-ticked, this may not."""
        page = self.submit(newcomer, button="Approve", athlete=self.as_steady(season), granted=["read"])
        assert "no activities were shared" in page

    def test_without_private_activities_it_says_what_that_means(self, season, newcomer):
        """A connection all the same, with its limits on the page."""
        page = self.submit(
            newcomer, button="Approve", athlete=self.as_steady(season), granted=["read", "activity:read"]
        )
        assert "You do not share private activities" in page
        season.settle()
        assert known(season, STEADY).scopes == {"read", "activity:read"}


@pytest.fixture
def phone(chromium, season):
    with on_a_phone(chromium, season.app.settings.base_url) as page:
        yield page


@in_a_browser
def test_a_warning_is_answered_from_the_mail(season, phone):
    """As it arrived, by somebody who is not signed in."""
    warning = next(mail for mail in season.mails() if is_warning(mail))
    answer_and_mute(phone, warning.get_body(("html",)).get_content())
    athlete, today = known(season, SPIKED), season.app.now().date()
    with season.app.store.transaction() as tx:
        assert [each.legs for each in tx.checkins.of(athlete.id, today)][-1:] == [2]
        assert len(tx.replies.muted(athlete.id, today)) == 1


def receipts(season):
    """Who was told that everything is deleted."""
    said = ((mail["To"], mail.get_body(("plain",)).get_content()) for mail in season.mails())
    return [address for address, text in said if "Everything is deleted" in text]


def test_who_disconnects_is_forgotten(season):
    """The page says goodbye, Strava's grant is gone, every row too, and a receipt arrives."""
    person = next(person for person in season.people if person.kind == SPIKED)
    athlete = known(season, SPIKED)
    assert athlete.state is AthleteState.CONNECTED
    person.browser.open(f"{season.app.settings.base_url}/disconnect")
    assert "You are disconnected" in person.browser.submit("/disconnect")
    season.settle()
    assert known(season, SPIKED) is None
    assert not season.standin.athlete(SPIKED)["connected"]
    assert receipts(season) == [person.address]
    own = [name for name, text in everything_kept(season).items() if str(athlete.id) in text]
    assert set(own) <= {"logbook"}  # what is said after the erasure points nowhere


@in_a_browser
def test_from_the_start_page_to_the_receipt(season, phone):
    """Consent, Strava's own page, address, confirmation, verdict, export, and being forgotten again."""
    address, athlete = "ola@example.org", str(season.standin.athlete(SPIKED)["id"])
    phone.goto("/")
    phone.get_by_label("I have read this and agree").check()
    phone.get_by_role("button", name="Connect with Strava").click()
    phone.get_by_label("Athlete").select_option(athlete)
    phone.get_by_role("button", name="Approve").click()
    phone.get_by_label("Mail address").fill(address)
    phone.get_by_role("button", name="Send the confirmation").click()
    phone.wait_for_url("**/status*")
    season.settle()
    phone.goto(season.confirmation_link(address))
    phone.get_by_role("button", name="Yes, write to me here").click()
    phone.goto("/status")
    phone.get_by_text("Judged on").first.wait_for()
    phone.goto("/preferences")
    with phone.expect_download() as download:
        phone.get_by_text("Download as JSON").click()
    held = json.loads(Path(download.value.path()).read_text())
    assert len(held["tables"]["activity"]) > 50
    assert address in json.dumps(held)
    phone.goto("/status")
    phone.get_by_role("link", name="Disconnect and delete").click()
    phone.get_by_role("button", name="Disconnect and delete").click()
    headed(phone, "You are disconnected")
    season.settle()
    assert known(season, SPIKED) is None
    assert address in receipts(season)
