"""The admin's side in a real browser: no script, every page, and each thing an operator may do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from service.domain.activity import Source
from service.domain.event import Aspect, Event, Seal, Subject
from service.domain.message import Message
from service.domain.night import Decision, MailKind, Silence
from service.store.guards import Guard
from service.store.quota import QuotaWindow
from service.web import totp
from service.web.admin_tabs import TABS
from tests.verdicts import assessment, finding
from tests.web import test_browser
from tests.web.conftest import NOW, PASSWORD, PASSWORD_HASH, Site
from tests.web.test_browser import CHECKS, DESK, PHONE, headed

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = test_browser.pytestmark
chromium, served, page = test_browser.chromium, test_browser.served, test_browser.page
SECRET = totp.new_secret()
NIGHT = NOW.date()


def an_operators_day(site: Site) -> None:
    """Something to see in every table: warned and silent, sent and held, failed, parked and quarantined."""
    with site.store.transaction() as tx:
        for name, seconds in (("due_syncs", 9), ("due_nights", 11), ("due_mails", 7), ("purge", 4000)):
            tx.heartbeats.beat(f"clock:{name}", NOW - timedelta(seconds=seconds))
        tx.heartbeats.beat("backup", NOW - timedelta(hours=5))
        tx.connection.exec_driver_sql("INSERT INTO procrastinate_workers DEFAULT VALUES")
        day = NOW + timedelta(days=1)
        tx.quota.learn(NOW, [QuotaWindow("read_day", NOW, day, 1000, 930)])
        tx.subscription.made(131300, NOW)
        tx.inbox.surprised("unknown_owner", NOW)
        for number in range(1, 7):
            _an_athlete(site, tx, number)
        tx.connection.exec_driver_sql("UPDATE mail SET state = 'sending', crashes = 4 WHERE number = 3")
        tx.parking.recover_mails(NOW)
        tx.guards.turn(Guard.WARNINGS, NOW, on=True)
        tx.connection.exec_driver_sql(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status) VALUES "
            "('work', 'sync', '{\"subjects\": [\"7\"]}', 'failed'), ('work', 'judge', '{}', 'todo')"
        )
        tx.logbook.write(
            [
                {
                    "at": NOW.isoformat(),
                    "level": "error",
                    "event": "sync_failed",
                    "code": "strava_unavailable",
                },
                {"at": NOW.isoformat(), "level": "info", "event": "night_judged", "reason": "one_channel"},
            ]
        )


def _an_athlete(site: Site, tx, number: int) -> None:
    athlete = tx.athletes.connect(number, frozenset({"read"}), "Europe/Oslo", NOW)
    warned = number in (2, 3)
    decision = Decision(None, Silence.HELD if warned else Silence.ONE_CHANNEL)
    verdict = assessment(finding(), night=NIGHT) if warned else assessment(night=NIGHT)
    tx.nights.record(athlete.id, NIGHT, verdict, decision, NOW, "digest")
    letter = Message(MailKind.WARNING, NIGHT, "s", "t", "<p>h</p>")
    tx.mailbox.put(
        athlete.id,
        MailKind.WARNING,
        NIGHT,
        letter,
        f"<{number}@x>",
        NOW,
        number,
        "a@example.org",
        held=warned,
    )
    tx.inbox.put(
        Event(131300, number, Subject.ACTIVITY, number, Aspect.CREATE, 1_772_348_400),
        athlete.id,
        Seal.ABSENT,
        NOW,
    )
    if number == 1:
        tx.quarantine.add(athlete.id, Source.STRAVA, "99", "moving_time", "negative", NOW)
        tx.athletes.sync_failed(athlete.id, "strava_unavailable", NOW)
        tx.connection.exec_driver_sql("UPDATE athlete SET sync_parked_at = now() WHERE strava_id = 1")


@pytest.fixture
def operator(served: Site, page: Page) -> Iterator[Page]:
    """Logged in, with a second factor."""
    an_operators_day(served)
    with served.store.transaction() as tx:
        tx.admins.add("ada", PASSWORD_HASH, "operator", NOW)
        tx.admins.set_totp("ada", SECRET)
    page.goto("/admin")
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Code of your app").fill(totp.code(SECRET, int(NOW.timestamp()) // totp.STEP_S))
    page.get_by_role("button", name="Log in").click()
    return page


def cells(page: Page, name: str) -> int:
    return page.get_by_role("cell", name=name, exact=True).count()


def go(page: Page, tab: str) -> None:
    page.get_by_role("navigation").get_by_role("link", name=tab, exact=True).click()
    headed(page, tab)


def show(page: Page) -> None:
    """Send the form of a table's search and wait for what it finds."""
    page.get_by_role("button", name="Show").click()
    page.wait_for_url(lambda url: "?" in url)


def test_looking_for_an_answer(served: Site, operator: Page) -> None:
    """Why was it silent, what did Strava post, what went wrong: three questions, a few taps each."""
    page = operator
    headed(page, "Look at: due now, queue, guards and mails")
    go(page, "Nights")
    page.get_by_label("Silent because").select_option("one_channel")
    show(page)
    assert (cells(page, "one channel"), cells(page, "held")) == (4, 0)
    go(page, "Inbox")
    page.get_by_label("State").select_option("waiting")
    show(page)
    assert cells(page, "create") == 6
    go(page, "Log book")
    page.get_by_label("At least").select_option("error")
    show(page)
    assert (cells(page, "sync_failed"), cells(page, "night_judged")) == (1, 0)


def test_acting(served: Site, operator: Page) -> None:
    """Retry, unpark, resolve, stop, release: each is one button, and each leaves the operator's name."""
    page = operator
    for tab, button in (
        ("Athletes", "Unpark"),
        ("Mails", "Retry"),
        ("Jobs", "Retry"),
        ("Quarantine", "Resolve"),
    ):
        go(page, tab)
        page.get_by_role("button", name=button).click()
        page.get_by_role("button", name=button).wait_for(state="detached")
    go(page, "Guards")
    for button in ("Stop all mail", "Let mail leave", "Release and send"):
        page.get_by_role("button", name=button).click()
    page.get_by_role("button", name="Release and send").wait_for(state="detached")
    with served.store.transaction() as tx:
        assert not any(switch.on for switch in tx.guards.all().values())
        assert {str(state) for state in tx.mailbox.counts_by_state()} == {"queued"}
    assert [event["event"] for event in served.events if "admin" in event] == [
        "admin_logged_in", "athlete_unparked", "mail_retried", "job_retried", "quarantine_resolved",
        "mail_stopped", "mail_started", "warnings_released",
    ]  # fmt: skip


@pytest.mark.parametrize("size", [PHONE, DESK])
def test_pages_fit_and_are_labelled(chromium: Browser, served: Site, size: tuple[int, int]) -> None:
    """As the athletes' pages; wide tables scroll within themselves."""
    an_operators_day(served)
    token = served.admin().client.cookies["freshlegs-admin"]
    context = chromium.new_context(
        viewport={"width": size[0], "height": size[1]}, base_url=served.deps.base_url, bypass_csp=True
    )
    context.add_cookies([{"name": "freshlegs-admin", "value": token, "url": served.deps.base_url}])
    page = context.new_page()
    found = {}
    for path, _ in TABS:
        page.goto(path)
        assert page.locator('[aria-current="page"]').count() == 1
        found[path] = page.evaluate(CHECKS)
    context.close()
    assert {path: [] for path, _ in TABS} == found
