"""What may come by mail, on which days not, and the athlete's own data."""

import csv
import io
import json
import zipfile
from datetime import date

import pytest

from service.domain.history import CheckIn
from service.domain.night import MailKind
from service.domain.preference import CHOICES, Choice
from service.web.leave import STOPPED
from service.web.preferences import KINDS
from tests.web.conftest import NOW, Browser, Site


def choices(site: Site, browser: Browser) -> dict[MailKind, Choice]:
    with site.store.transaction() as tx:
        return tx.preferences.choices(browser.athlete_id)


def test_choices_are_kept_and_shown_again(site: Site) -> None:
    """A radio button for each kind."""
    browser = site.athlete()
    answer = browser.submit(
        "/preferences", "/preferences", warning="off", check_in="weekly", long_run="off", weekly="weekly"
    )
    assert answer.headers["location"] == "/preferences?saved=1"
    assert choices(site, browser) == {
        MailKind.WARNING: Choice.OFF,
        MailKind.CHECK_IN: Choice.WEEKLY,
        MailKind.LONG_RUN: Choice.OFF,
        MailKind.WEEKLY: Choice.WEEKLY,
        MailKind.RECONNECT: Choice.AT_ONCE,
    }
    text = browser.get("/preferences?saved=1").text
    assert text.count(" checked") == len(CHOICES)
    assert 'name="warning" value="off" checked' in text


def test_what_is_wanted_in_the_letter_needs_the_letter(site: Site) -> None:
    """Otherwise it would never be read; the page says so."""
    browser = site.athlete()
    answer = browser.submit("/preferences", "/preferences", warning="weekly", weekly="off")
    assert answer.headers["location"] == "/preferences?saved=letter"
    assert choices(site, browser)[MailKind.WEEKLY] is Choice.WEEKLY
    assert "needs the letter" in browser.get("/preferences?saved=letter").text


def test_quiet_days_are_ticked_and_unticked(site: Site) -> None:
    """Saturday and Sunday, then none."""
    browser = site.athlete()
    browser.submit("/preferences", "/preferences", quiet=["5", "6"])
    assert browser.get("/preferences").text.count('name="quiet"') == 7
    with site.store.transaction() as tx:
        assert tx.preferences.quiet_days(browser.athlete_id) == {5, 6}
    browser.submit("/preferences", "/preferences")
    with site.store.transaction() as tx:
        assert tx.preferences.quiet_days(browser.athlete_id) == frozenset()


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"warning": "sometimes"}, 400),  # no choice of ours
        ({"quiet": "7"}, 400),  # no weekday
        ({"weekly": "at_once"}, 303),  # a choice of another kind: left as it was
    ],
)
def test_what_is_not_on_the_form(site: Site, form: dict[str, str], status: int) -> None:
    """Nothing of it is kept."""
    browser = site.athlete()
    before = choices(site, browser)
    assert browser.submit("/preferences", "/preferences", **form).status_code == status
    assert choices(site, browser) == before


def test_every_kind_that_can_be_chosen_has_words() -> None:
    """On the page, and where it is stopped."""
    assert set(KINDS) == set(CHOICES)
    assert {kind for kind in STOPPED if kind} == {kind.value for kind in CHOICES}


@pytest.mark.parametrize("kind", [kind.value for kind in CHOICES])
def test_a_link_stops_its_own_kind(site: Site, kind: str) -> None:
    """One click in a question leaves the warnings on, and the reverse."""
    browser = site.athlete()
    with site.store.transaction() as tx:
        path = f"/unsubscribe/{tx.addresses.unsubscribe_token(browser.athlete_id)}"
        tx.preferences.choose(browser.athlete_id, {MailKind.WEEKLY: Choice.WEEKLY})
    reader = site.browser()
    assert f"Stop the {STOPPED[kind]}?" in reader.get(f"{path}?kind={kind}").text
    assert (
        reader.client.post(f"{path}?kind={kind}", data={"List-Unsubscribe": "One-Click"}).status_code == 200
    )
    assert {k.value for k, choice in choices(site, browser).items() if choice is Choice.OFF} == {kind}
    assert reader.post(path).status_code == 200
    assert set(choices(site, browser).values()) == {Choice.OFF}


class TestExport:
    @pytest.fixture
    def owner(self, site: Site) -> Browser:
        """An athlete with an address and an answer, beside a neighbour."""
        site.athlete(8)
        browser = site.athlete()
        with site.store.transaction() as tx:
            tx.addresses.confirm(tx.addresses.propose(browser.athlete_id, "ola@example.org", NOW), NOW)
            tx.checkins.put(browser.athlete_id, CheckIn(date(2026, 3, 12), legs=2), NOW)
        return browser

    def test_json_holds_every_table(self, site: Site, owner: Browser) -> None:
        """As a file, with what was left out named."""
        answer = owner.get("/export.json")
        assert answer.headers["content-disposition"] == 'attachment; filename="freshlegs.json"'
        assert answer.headers["cache-control"] == "no-store"
        export = answer.json()
        assert export["tables"]["checkin"][0]["legs"] == 2
        assert export["tables"]["address"][0]["address"] == "ola@example.org"
        assert [row["strava_id"] for row in export["tables"]["athlete"]] == [4711]
        assert ("token", "access_token") in {(row["table"], row["column"]) for row in export["left_out"]}
        assert "canary" not in answer.text

    def test_csv_holds_the_same(self, site: Site, owner: Browser) -> None:
        """One file a table, readable by a spreadsheet."""
        packed = zipfile.ZipFile(io.BytesIO(owner.get("/export.zip").content))
        tables = owner.get("/export.json").json()["tables"]
        assert set(packed.namelist()) == {f"{name}.csv" for name in tables} | {"left-out.csv"}
        rows = list(csv.DictReader(io.StringIO(packed.read("checkin.csv").decode())))
        assert [(row["day"], row["legs"]) for row in rows] == [("2026-03-12", "2")]
        scopes = next(csv.DictReader(io.StringIO(packed.read("athlete.csv").decode())))["scopes"]
        assert "activity:read_all" in json.loads(scopes)

    def test_a_spreadsheet_runs_nothing_of_it(self, site: Site, owner: Browser) -> None:
        """A text that begins like a formula stays a text."""
        with site.store.transaction() as tx:
            tx.connection.exec_driver_sql("UPDATE athlete SET zone = '=1+1'")
        packed = zipfile.ZipFile(io.BytesIO(owner.get("/export.zip").content))
        assert "'=1+1" in packed.read("athlete.csv").decode()
