"""Handing over an archive in the browser: limits, progress, result."""

from uuid import UUID

import pytest

from service.domain.night import Decision, Silence
from service.store.uploads import UploadState
from service.web import archive
from tests.verdicts import assessment
from tests.web.conftest import Browser, Site, form_token

CSV = b"Activity ID,Activity Date,Activity Type,Elapsed Time\n1,2025-01-01 07:00:00,Run,1800\n"
RESULT = {
    "files": 2, "read": 3, "new": 2, "changed": 0, "known": 1, "repaired": 1, "refused": 1,
    "reasons": [["it is empty", 1]], "numbered": ["123.fit: it is empty"],
}  # fmt: skip


def hand_over(browser: Browser, content: bytes = CSV, name: str = "export.csv"):
    """The form of the status page with a file."""
    token = form_token(browser.get("/status").text)
    return browser.client.post("/archive", data={"csrf": token}, files={"file": (name, content)})


def judge(site: Site, athlete: UUID) -> None:
    """A first verdict."""
    night, silent = site.clock().date(), Decision(None, Silence.NOTHING_FOUND)
    with site.store.transaction() as tx:
        tx.nights.record(athlete, night, assessment(night=night), silent, site.clock(), "digest")


def taken(site: Site, athlete: UUID) -> UUID:
    """The athlete's upload in a worker's hands."""
    with site.store.transaction() as tx:
        upload = tx.uploads.latest(athlete)
        assert upload is not None
        assert tx.uploads.take(upload.id, 60) is not None
    return upload.id


def test_an_archive_is_kept_and_a_worker_woken(site: Site) -> None:
    """All of it, in pieces; the page goes back to the status."""
    athlete = site.athlete()
    content = CSV + b"x" * (archive.MIB + 17)
    answer = hand_over(athlete, content)
    assert (answer.status_code, answer.headers["location"]) == (303, "/status#archive")
    with site.store.transaction() as tx:
        upload = tx.uploads.latest(athlete.athlete_id)
        assert upload is not None
        assert content == b"".join(tx.uploads.pieces(athlete.athlete_id, upload.id))
    assert ("archive", upload.id) in site.woken


def test_the_page_shows_how_far_it_is_and_looks_again(site: Site) -> None:
    """By itself, without a script."""
    athlete = site.athlete()
    hand_over(athlete)
    assert "waits to be read" in athlete.get("/status").text
    upload = taken(site, athlete.athlete_id)
    with site.store.transaction() as tx:
        tx.uploads.progress(upload, 3, 40, 60)
    page = athlete.get("/status").text
    assert "Reading file 3 of 40" in page
    assert 'http-equiv="refresh"' in page


def test_the_page_shows_what_came_of_it(site: Site) -> None:
    """Figures, reasons, and a form for the next one."""
    athlete = site.athlete()
    hand_over(athlete)
    taken(site, athlete.athlete_id)
    with site.store.transaction() as tx:
        upload = tx.uploads.latest(athlete.athlete_id)
        assert upload is not None
        tx.uploads.finish(upload, UploadState.DONE, RESULT, site.clock())
    assert 'name="file"' not in athlete.get("/status").text  # that page looks again by itself
    judge(site, athlete.athlete_id)
    page = athlete.get("/status").text
    assert "2 new sessions" in page
    assert "123.fit: it is empty" in page
    assert 'name="file"' in page


def test_an_archive_that_breaks_its_reader_is_owned_up_to(site: Site) -> None:
    """After three attempts."""
    athlete = site.athlete()
    hand_over(athlete)
    with site.store.transaction() as tx:
        upload = tx.uploads.latest(athlete.athlete_id)
        assert upload is not None
        for _ in range(3):
            tx.uploads.take(upload.id, -1)
        tx.uploads.due(10)
    assert "broke off three times" in athlete.get("/status").text


def test_an_empty_file_is_refused(site: Site) -> None:
    """With a sentence, and nothing is kept."""
    athlete = site.athlete()
    assert hand_over(athlete, b"").status_code == 400
    with site.store.transaction() as tx:
        assert tx.uploads.latest(athlete.athlete_id) is None


def test_more_than_the_limit_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it is all read, with what to do instead."""
    athlete = site.athlete()
    token = form_token(athlete.get("/status").text)
    site.app.middleware_stack = None  # built anew with the smaller limit
    monkeypatch.setattr(archive, "LARGEST", 100_000)
    answer = athlete.client.post("/archive", data={"csrf": token}, files={"file": ("a", b"x" * 200_000)})
    assert answer.status_code == 413
    assert "activities.csv" in answer.text


def test_a_stranger_cannot_fill_the_disk(site: Site) -> None:
    """Without a session the small limit of all forms holds."""
    answer = site.browser().client.post("/archive", files={"file": ("a", b"x" * 100_000)})
    assert answer.status_code == 413


def test_ten_a_day(site: Site) -> None:
    """The eleventh waits for tomorrow."""
    athlete = site.athlete()
    found = []
    for _ in range(11):
        with site.store.transaction() as tx:  # as if each had been read by now
            tx.uploads.begin(athlete.athlete_id, 1, site.clock())
            tx.uploads.take(tx.uploads.latest(athlete.athlete_id).id, 60)
            tx.uploads.finish(tx.uploads.latest(athlete.athlete_id), UploadState.DONE, RESULT, site.clock())
        found.append(hand_over(athlete).status_code)
        with site.store.transaction() as tx:
            tx.uploads.take(tx.uploads.latest(athlete.athlete_id).id, 60)
            tx.uploads.finish(tx.uploads.latest(athlete.athlete_id), UploadState.DONE, RESULT, site.clock())
    assert found == [303] * 10 + [429]
