"""What operators may do and viewers may not; each act leaves its name in the log book."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID

import pytest

from service.domain.activity import Source
from service.domain.message import Message
from service.domain.night import Decision, MailKind, Silence
from service.store.guards import Gate, Guard
from tests.verdicts import assessment, finding
from tests.web.conftest import NOW, Browser, Site
from tests.web.test_admin import rows

NIGHT = date(2026, 3, 12)


def viewer(site: Site) -> Browser:
    """The same admin with fewer rights: the role is asked at every act."""
    browser = site.admin()
    with site.store.transaction() as tx:
        tx.connection.exec_driver_sql("UPDATE admin SET role = 'viewer'")
    return browser


def ada(site: Site) -> UUID:
    with site.store.transaction() as tx:
        admin = tx.admins.by_name("ada")
    assert admin is not None
    return admin.id


def held(site: Site, number: int = 7) -> UUID:
    """One warning behind a breaker that has tripped."""
    with site.store.transaction() as tx:
        athlete = tx.athletes.connect(number, frozenset({"read"}), "UTC", NOW).id
        assert tx.guards.gate(NOW, share=0.1, least=1) in (Gate.TRIPPED, Gate.HELD)
        tx.nights.record(
            athlete, NIGHT, assessment(finding(), night=NIGHT), Decision(None, Silence.HELD), NOW, "d"
        )
        letter = Message(MailKind.WARNING, NIGHT, "s", "t", "h")
        tx.mailbox.put(
            athlete, MailKind.WARNING, NIGHT, letter, f"<{number}@x>", NOW, address="a@b.org", held=True
        )
    return athlete


def parked(site: Site) -> UUID:
    athlete = site.athlete().athlete_id
    with site.store.transaction() as tx:
        tx.connection.exec_driver_sql("UPDATE athlete SET sync_parked_at = now(), night_attempts = 10")
        assert tx.parking.park_nights(NOW + timedelta(days=2)) == [athlete]
    return athlete


def events(site: Site) -> list[tuple[str, UUID]]:
    return [(event["event"], event["admin"]) for event in site.events if "admin" in event]


ACTS = [
    ("/admin/guards/mail", {"to": "stop"}),
    ("/admin/guards/warnings", {"fate": "release"}),
    (f"/admin/athletes/{UUID(int=1)}/unpark", {}),
    (f"/admin/mails/{UUID(int=1)}/retry", {}),
    ("/admin/jobs/1/retry", {}),
    ("/admin/quarantine/1/resolve", {}),
]


@pytest.mark.parametrize(("path", "form"), ACTS)
def test_a_viewer_changes_nothing(site: Site, path: str, form: dict[str, str]) -> None:
    """403, and nothing in the log book."""
    answer = viewer(site).submit("/admin", path, **form)
    assert (answer.status_code, events(site)) == (403, [])
    with site.store.transaction() as tx:
        assert not any(switch.on for switch in tx.guards.all().values())


@pytest.mark.parametrize(("path", "form"), ACTS)
def test_an_act_needs_the_page_s_own_form(site: Site, path: str, form: dict[str, str]) -> None:
    """A form of somebody else's page is refused, and a GET is no act."""
    browser = site.admin()
    assert browser.post(path, **form).status_code == 403
    assert browser.get(path).status_code in (404, 405)
    assert events(site) == []


def test_a_viewer_sees_no_buttons(site: Site) -> None:
    """What may not be pressed is not shown."""
    parked(site)
    held(site)
    browser = viewer(site)
    for path in ("/admin/guards", "/admin/athletes"):
        forms = re.findall(r'<form method="post" action="([^"]+)"', browser.get(path).text)
        assert forms == ["/admin/logout"]


class TestGuards:
    """Stop, start, release, discard."""

    def test_stopping_all_mail(self, site: Site) -> None:
        """Shown on the overview and to machines, with who did it and when."""
        browser = site.admin()
        assert browser.submit("/admin/guards", "/admin/guards/mail", to="stop").status_code == 303
        assert "stopped since 2026-03-12 07:12:00 by ada" in browser.get("/admin/guards").text
        assert "guards" in re.findall(r"<h1>(.*?)</h1>", browser.get("/admin").text)[0]
        assert browser.get("/readyz").json()["mail"] == "stopped"
        browser.submit("/admin/guards", "/admin/guards/mail", to="start")
        assert browser.get("/readyz").json()["mail"] == "ok"
        assert events(site) == [("mail_stopped", ada(site)), ("mail_started", ada(site))]

    def test_releasing_what_is_held(self, site: Site) -> None:
        """The mail waits to be sent, and its night is a warning again."""
        athlete = held(site)
        browser = site.admin()
        assert browser.get("/readyz").json()["mail"] == "held"
        browser.submit("/admin/guards", "/admin/guards/warnings", fate="release")
        with site.store.transaction() as tx:
            assert tx.nights.latest(athlete).decision.kind is MailKind.WARNING
            assert len(tx.mailbox.claim_due(NOW, 10)) == 1
        assert events(site) == [("warnings_released", ada(site))]

    def test_discarding_what_is_held(self, site: Site) -> None:
        """Nothing is sent, and the next warning passes."""
        held(site)
        site.admin().submit("/admin/guards", "/admin/guards/warnings", fate="discard")
        with site.store.transaction() as tx:
            assert tx.mailbox.claim_due(NOW, 10) == []
            assert not tx.guards.all()[Guard.WARNINGS].on
        assert events(site) == [("warnings_discarded", ada(site))]

    def test_a_word_that_is_none_of_the_buttons(self, site: Site) -> None:
        assert site.admin().submit("/admin/guards", "/admin/guards/mail", to="explode").status_code == 400


class TestRows:
    """Unpark, retry, resolve."""

    def test_unparking_an_athlete(self, site: Site) -> None:
        """Sync and night are due again; a second press finds nothing."""
        athlete = parked(site)
        browser = site.admin()
        assert [str(athlete)] == [row[0] for row in rows(browser.get("/admin/athletes?parked=yes").text)]
        path = f"/admin/athletes/{athlete}/unpark"
        assert [browser.submit("/admin/athletes", path).status_code for _ in range(2)] == [303, 404]
        assert rows(browser.get("/admin/athletes?parked=yes").text) == []
        assert events(site) == [("athlete_unparked", ada(site))]

    def test_retrying_a_mail(self, site: Site) -> None:
        """Five workers died of it: named on the overview, shown with its button, sent after all or not."""
        athlete = site.athlete().athlete_id
        with site.store.transaction() as tx:
            letter = Message(MailKind.WARNING, NIGHT, "s", "t", "h")
            mail = tx.mailbox.put(athlete, MailKind.WARNING, NIGHT, letter, "<1@x>", NOW, address="a@b.org")
            assert mail is not None
            tx.connection.exec_driver_sql("UPDATE mail SET state = 'sending', crashes = 4")
            assert tx.parking.recover_mails(NOW) == [mail]
        browser = site.admin()
        assert "mails" in re.findall("<h1>Look at: (.*)</h1>", browser.get("/admin").text)[0]
        [row] = rows(browser.get("/admin/mails?state=parked").text)
        assert row[4:7] == ["parked", "0", "5"]
        assert browser.submit("/admin/mails", f"/admin/mails/{mail}/retry").status_code == 303
        assert [row[4] for row in rows(browser.get("/admin/mails").text)] == ["queued"]
        assert browser.submit("/admin/mails", f"/admin/mails/{mail}/retry").status_code == 404
        assert events(site) == [("mail_retried", ada(site))]

    def test_retrying_a_job(self, site: Site, jobs: Callable[..., int]) -> None:
        """The same work as a new job; one that has not failed stays as it is."""
        failed, running = jobs("failed", subject="somebody"), jobs("doing")
        browser = site.admin()
        found = rows(browser.get("/admin/jobs?state=failed").text)
        assert [row[:5] for row in found] == [[str(failed), "sync", "failed", "1", "somebody"]]
        assert [row[0] for row in rows(browser.get("/admin/jobs?state=stalled").text)] == [str(running)]
        assert browser.submit("/admin/jobs", f"/admin/jobs/{failed}/retry").status_code == 303
        assert browser.submit("/admin/jobs", f"/admin/jobs/{running}/retry").status_code == 404
        [row] = rows(browser.get("/admin/jobs?state=todo").text)
        assert row[1:5] == ["sync", "todo", "1", "somebody"]
        assert events(site) == [("job_retried", ada(site))]

    def test_resolving_a_row_of_the_quarantine(self, site: Site) -> None:
        """It goes; should it come again, it is there again."""
        athlete = site.athlete().athlete_id
        with site.store.transaction() as tx:
            tx.quarantine.add(athlete, Source.STRAVA, "99", "moving_time", "negative", NOW)
            [row] = tx.quarantine.list()
        browser = site.admin()
        answer = browser.submit("/admin/quarantine", f"/admin/quarantine/{row.id}/resolve")
        assert answer.status_code == 303
        assert rows(browser.get("/admin/quarantine").text) == []
        assert events(site) == [("quarantine_resolved", ada(site))]


def test_the_log_book_is_searched_by_job(site: Site) -> None:
    """What a failed job said."""
    with site.store.transaction() as tx:
        for job in ("sync", "judge"):
            tx.logbook.write([{"at": NOW.isoformat(), "level": "error", "event": "job_failed", "job": job}])
    assert [row[-1] for row in rows(site.admin().get("/admin/logbook?job=judge").text)] == ["job judge"]


def test_coverage_is_told_in_shares(site: Site) -> None:
    """How much of an athlete's history has heart rate and detail; no session is shown."""
    from tests.store.samples import run

    athlete = site.athlete().athlete_id
    with site.store.transaction() as tx:
        tx.activities.upsert(athlete, [run(1), run(2)], NOW)
        tx.connection.exec_driver_sql("UPDATE activity SET average_hr = NULL WHERE external_id = '1'")
    [row] = rows(site.admin().get("/admin/athletes").text)
    assert "50 %" in row
