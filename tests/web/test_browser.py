"""The pages in a real browser: no script, no mouse, a phone's width."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import uvicorn

from service.domain.finding import Cause
from service.domain.night import Decision, MailKind, Silence
from service.store.links import CHECK_IN, about_warning
from service.store.uploads import UploadState
from service.web.app import build_web
from tests.notify.samples import LINKS, warning
from tests.store.samples import run
from tests.verdicts import assessment, finding
from tests.web.conftest import CODE, NOW, PASSWORD, PASSWORD_HASH, Site, grant

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright

CHROMIUM = Path("/usr/bin/chromium")
PHONE, DESK = (360, 740), (1280, 900)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="no system Chromium at /usr/bin/chromium"),
]


def launch(playwright: Playwright) -> Browser:
    """The system's Chromium, without what a container does not have."""
    return playwright.chromium.launch(
        executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    )


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright  # slow to load: only who takes these tests does

    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


class ApprovingStrava:
    """Strava's page of consent, where the athlete has pressed "Authorize" at once."""

    def __init__(self, site: Site, base_url: str) -> None:
        self._site, self._base_url = site, base_url
        site.strava.answers[CODE] = grant()

    def authorize_url(self, state: str) -> str:
        scope = "read,activity:read_all,profile:read_all"
        return f"{self._base_url}/oauth/callback?state={state}&code={CODE}&scope={scope}"

    def exchange(self, code: str, scopes: frozenset[str]):
        return self._site.strava.exchange(code, scopes)


@pytest.fixture
def served(build: Callable[..., Site]) -> Iterator[Site]:
    """The site on a port of its own."""
    listener = socket.create_server(("127.0.0.1", 0))
    base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    site = build(base_url=base_url, oauth_base_url=base_url)
    site.deps = replace(site.deps, oauth=ApprovingStrava(site, base_url))
    server = uvicorn.Server(
        uvicorn.Config(build_web(site.deps), log_config=None, access_log=False, lifespan="off", ws="none")
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield site
    server.should_exit = True
    thread.join()
    listener.close()


@contextmanager
def on_a_phone(chromium: Browser, base_url: str) -> Iterator[Page]:
    """A phone's page without scripts, of nobody known."""
    context = chromium.new_context(
        viewport={"width": PHONE[0], "height": PHONE[1]}, base_url=base_url, java_script_enabled=False
    )
    yield context.new_page()
    context.close()


@pytest.fixture
def page(chromium: Browser, served: Site) -> Iterator[Page]:
    """A phone's page. Anything the browser complains about fails the test."""
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    with on_a_phone(chromium, served.deps.base_url) as opened:
        opened.on("console", note)
        yield opened
    assert complaints == []


def answer_and_mute(reader: Page, mail: str) -> None:
    """From a warning as it is read: one tap and a button for the legs, and the same for a mute."""
    reader.set_content(mail)
    reader.get_by_role("link", name="Heavy", exact=True).click()
    reader.get_by_text("Nothing is kept yet").wait_for()
    reader.get_by_role("button", name="Save", exact=True).click()
    reader.get_by_text("Noted, thank you").wait_for()
    reader.set_content(mail)
    reader.get_by_role("link", name="Mute this reason for two weeks").click()
    reader.get_by_role("button", name="Mute this reason for two weeks").click()
    reader.get_by_text("It ends by itself").wait_for()


def headed(page: Page, text: str) -> None:
    """Wait for the page that is headed so: a click returns before the next page is there."""
    page.get_by_role("heading", level=1, name=text).wait_for()


def connect(page: Page) -> None:
    page.goto("/")
    page.get_by_label("I have read this and agree").check()
    page.get_by_role("button", name="Connect with Strava").click()
    page.wait_for_url("**/welcome*")


def test_from_the_start_page_to_a_verdict(served: Site, page: Page) -> None:
    """A newcomer: consent, Strava, address, waiting, and the first warning, without a script."""
    connect(page)
    page.get_by_label("Mail address").fill("ola@example.org")
    page.get_by_role("button", name="Send the confirmation").click()
    headed(page, "Reading your runs.")
    with served.store.transaction() as tx:
        athlete = tx.athletes.by_strava_id(4711)
        assert athlete is not None
        verdict = assessment(finding(), night=NOW.date())
        tx.nights.record(athlete.id, NOW.date(), verdict, Decision(MailKind.WARNING, None), NOW, "digest")
    page.reload()
    headed(page, "Tired muscles")
    page.get_by_role("link", name="View on Strava").wait_for()


def test_checking_in_by_keyboard(served: Site, page: Page) -> None:
    """Tab, arrow, enter: the radio buttons are real ones under their looks."""
    connect(page)
    page.goto("/checkin")
    page.get_by_role("radio", name="Very heavy").focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_url("**/checkin?saved=1")
    page.get_by_text("Noted, thank you").wait_for()
    assert page.get_by_role("radio", name="Heavy", exact=True).is_checked()


def test_telling_how_hard_yesterday_was(served: Site, page: Page) -> None:
    """Asked of the run that Strava has no effort of, kept, and shown again."""
    connect(page)
    ran_yesterday(served)
    page.goto("/checkin")
    asked = page.get_by_role("group", name="How hard was yesterday’s run?")
    asked.get_by_role("radio", name="7", exact=True).check()
    page.get_by_role("radio", name="Normal").check()
    page.get_by_role("button", name="Save all").click()
    page.wait_for_url("**/checkin?saved=1")
    assert asked.get_by_role("radio", name="7", exact=True).is_checked()


def test_the_skip_link_comes_first(page: Page) -> None:
    """The first Tab shows it."""
    page.goto("/")
    page.keyboard.press("Tab")
    focused = page.locator(":focus")
    assert focused.inner_text() == "Skip to the content"
    box = focused.bounding_box()
    assert box is not None
    assert box["x"] >= 0


def ran_yesterday(served: Site) -> None:
    """An hour on the evening before, without a perceived exertion."""
    with served.store.transaction() as tx:
        athlete = tx.athletes.by_strava_id(4711)
        assert athlete is not None
        tx.activities.upsert(athlete.id, [run(start=NOW - timedelta(hours=14))], NOW)


def warned(served: Site) -> dict[str, str]:
    """An athlete who has been warned tonight: the evidence, and where the links of the mail lead."""
    now, night = served.clock(), NOW.date()
    with served.store.transaction() as tx:
        athlete = tx.athletes.by_strava_id(4711)
        assert athlete is not None
        verdict = assessment(finding(), night=night)
        tx.nights.record(athlete.id, night, verdict, Decision(MailKind.WARNING, None), now, "digest")
        reply = tx.links.make(athlete.id, about_warning(night), now + timedelta(days=14))
        check_in = tx.links.make(athlete.id, CHECK_IN, now + timedelta(days=2))
        unsubscribe = tx.addresses.unsubscribe_token(athlete.id)
    return {
        "night": f"/nights/{night}",
        "reply": f"/reply/{night}?t={reply}",
        "mute": f"/reply/{night}?mute=1&t={reply}",
        "check_in": f"/checkin?t={check_in}",
        "unsubscribe": f"/unsubscribe/{unsubscribe}?kind=warning",
    }


def test_a_mail_is_answered(chromium: Browser, served: Site, page: Page) -> None:
    """The mail itself in a browser that is not signed in: one tap, a button, mute; then the export."""
    connect(page)
    paths = warned(served)
    full = {name: f"{served.deps.base_url}{path}" for name, path in paths.items()}
    links = replace(LINKS, checkin_url=full["check_in"], reply_url=full["reply"], mute_url=full["mute"])
    mailed = warning(links=links)
    with on_a_phone(chromium, served.deps.base_url) as reader:
        answer_and_mute(reader, mailed.html)
    with served.store.transaction() as tx:
        athlete = tx.athletes.by_strava_id(4711)
        assert athlete is not None
        assert [each.legs for each in tx.checkins.of(athlete.id, NOW.date())] == [2]
        assert set(tx.replies.muted(athlete.id, NOW.date())) == {Cause.MUSCLE_FATIGUE}
    page.goto("/preferences")
    with page.expect_download() as download:
        page.get_by_text("Download as JSON").click()
    held = json.loads(Path(download.value.path()).read_text())
    assert "muscle_fatigue" in json.dumps(held)


def test_leaving(served: Site, page: Page) -> None:
    """Disconnect, confirm, goodbye."""
    connect(page)
    page.goto("/status")
    page.get_by_role("link", name="Disconnect and delete").click()
    page.get_by_role("button", name="Disconnect and delete").click()
    headed(page, "You are disconnected")
    assert len(served.erased) == 1


def test_an_operator_at_work(served: Site, page: Page) -> None:
    """Log in, look, search."""
    with served.store.transaction() as tx:
        tx.admins.add("ada", PASSWORD_HASH, "operator", NOW)
        tx.heartbeats.beat("clock:due_syncs", NOW - timedelta(seconds=9))
        tx.connection.exec_driver_sql("INSERT INTO procrastinate_workers DEFAULT VALUES")
        tx.logbook.write([{"at": NOW.isoformat(), "level": "error", "event": "sync_failed"}])
    page.goto("/admin")
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    headed(page, "Everything runs")
    page.get_by_role("link", name="Log book").click()
    page.get_by_label("At least").select_option("error")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("cell", name="sync_failed").wait_for()
    assert page.get_by_role("cell", name="sync_failed").count() == 1


PAGES = (
    "/", "/privacy", "/welcome", "/status", "/checkin", "/disconnect", "/goodbye", "/admin/login", "/profile",
    "/preferences",
)  # fmt: skip
CHECKS = """() => {
  const problems = []
  if (document.documentElement.scrollWidth > innerWidth) problems.push('wider than the window')
  if (document.querySelectorAll('h1').length !== 1) problems.push('not one first heading')
  for (const e of document.querySelectorAll('input:not([type=hidden]), select'))
    if (!e.labels.length && !e.ariaLabel) problems.push('no label: ' + e.name)
  for (const e of document.querySelectorAll('button, .button, .quiet, .choices label'))
    if (!e.matches('.plain') && e.getBoundingClientRect().height < 44) problems.push('small: ' + e.innerText)
  return problems
}"""


@pytest.mark.parametrize("size", [PHONE, DESK])
def test_pages_fit_and_are_labelled(chromium: Browser, served: Site, size: tuple[int, int]) -> None:
    """No sideways scrolling, one first heading, a label for every field, targets for thumbs."""
    context = chromium.new_context(
        viewport={"width": size[0], "height": size[1]}, base_url=served.deps.base_url, bypass_csp=True
    )
    page = context.new_page()
    connect(page)
    ran_yesterday(served)
    paths = (*PAGES, *warned(served).values())
    found = {}
    for path in paths:
        page.goto(path)
        found[path] = page.evaluate(CHECKS)
    context.close()
    assert {path: [] for path in paths} == found


def test_an_archive_is_handed_over(served: Site, page: Page, tmp_path: Path) -> None:
    """Chosen, sent, watched without a script, and told; nothing is wider than the phone."""
    connect(page)
    page.goto("/status")
    page.get_by_text("as soon as your first verdict").wait_for()
    with served.store.transaction() as tx:
        newcomer = tx.athletes.by_strava_id(4711)
        assert newcomer is not None
        clear = assessment(night=NOW.date())
        tx.nights.record(newcomer.id, NOW.date(), clear, Decision(None, Silence.NOTHING_FOUND), NOW, "digest")
    page.goto("/status")
    (tmp_path / "export.zip").write_bytes(b"PK" + b"x" * 3_000_000)
    page.get_by_label("A zip or a single file").set_input_files(tmp_path / "export.zip")
    page.get_by_role("button", name="Upload").click()
    page.get_by_text("Your archive waits to be read").wait_for()
    with served.store.transaction() as tx:
        athlete = tx.athletes.by_strava_id(4711)
        assert athlete is not None
        upload = tx.uploads.latest(athlete.id)
        assert upload is not None
        assert upload.size == 3_000_002
        tx.uploads.take(upload.id, 60)
        tx.uploads.progress(upload.id, 12, 640, 60)
    page.goto("/status")
    page.get_by_text("Reading file 12 of 640").wait_for()
    result = {"files": 640, "read": 647, "new": 640, "changed": 0, "known": 7, "repaired": 3, "refused": 1}
    told = result | {"reasons": [["it is empty", 1]], "numbered": ["123.fit.gz: it is empty"]}
    with served.store.transaction() as tx:
        tx.uploads.finish(upload, UploadState.DONE, told, NOW)
    page.goto("/status")
    page.get_by_text("640 new sessions").wait_for()
    page.get_by_text("Why one was refused").click()
    page.get_by_text("123.fit.gz: it is empty").wait_for()
