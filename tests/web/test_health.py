"""Health for machines: words for who asks, figures for who knows the token."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from service.domain.message import Message
from service.domain.night import MailKind
from service.store.quota import QuotaWindow
from tests.web.conftest import NOW, Site

WELL = {"ready": True, "database": "ok", "work": "ok", "strava": "open", "mail": "ok"}
TOKEN = "a token for figures"


def ready(site: Site) -> dict[str, object]:
    answer = site.browser().get("/readyz")
    assert answer.status_code == 200
    return answer.json()


def test_live(site: Site) -> None:
    """The process answers; nothing else is asked."""
    assert site.browser().get("/healthz").json() == {"live": True}


@pytest.mark.parametrize(
    ("beat", "clock"),
    [
        (None, "never"),  # no clock was ever started
        (NOW - timedelta(seconds=20), "alive"),  # a moment ago
        (NOW - timedelta(minutes=6), "late"),  # silent for too long
    ],
)
def test_a_clock(site: Site, beat, clock: str) -> None:
    """The database answers; a dead clock is told, but pages can be served without one."""
    if beat is not None:
        with site.store.transaction() as tx:
            tx.heartbeats.beat("clock:due_syncs", beat)
    assert ready(site) == WELL | {"clock": clock, "worker": "never"}


def test_one_silent_tick_makes_the_clock_late(site: Site) -> None:
    """Half a clock is none: nights may wait while syncs go on. Purging is rare."""
    with site.store.transaction() as tx:
        tx.heartbeats.beat("clock:due_syncs", NOW)
        tx.heartbeats.beat("clock:purge", NOW - timedelta(hours=2))
    assert ready(site)["clock"] == "alive"
    with site.store.transaction() as tx:
        tx.heartbeats.beat("clock:due_nights", NOW - timedelta(minutes=6))
    assert ready(site)["clock"] == "late"


@pytest.mark.parametrize(
    ("age", "worker"),
    [
        ("5 seconds", "alive"),  # beats every five seconds
        ("2 minutes", "silent"),  # killed, frozen, or cut off
    ],
)
def test_a_worker(site: Site, age: str, worker: str) -> None:
    """By the queue's own beat."""
    with site.store.transaction() as tx:
        tx.connection.exec_driver_sql(
            f"INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '{age}')"
        )
    assert ready(site)["worker"] == worker


def test_work_that_waits(site: Site, jobs: Callable[..., int]) -> None:
    """A job nobody takes is told after ten minutes."""
    jobs()
    assert ready(site)["work"] == "ok"
    with site.store.transaction() as tx:
        tx.connection.exec_driver_sql("UPDATE procrastinate_events SET at = at - interval '11 minutes'")
    assert ready(site)["work"] == "late"


def test_a_quota_that_is_used_up(site: Site) -> None:
    """The last call of a window, or a door that Strava has shut."""
    with site.store.transaction() as tx:
        tx.quota.learn(NOW, [QuotaWindow("read_day", NOW, NOW + timedelta(days=1), 1000, 1000)])
    assert ready(site)["strava"] == "used_up"


def test_mails_that_do_not_leave(site: Site) -> None:
    """A server that has said "later" for half an hour is down."""
    with site.store.transaction() as tx:
        letter = Message(MailKind.RECONNECT, NOW.date(), "s", "t", "h")
        tx.mailbox.put(None, MailKind.RECONNECT, NOW.date(), letter, "<1@x>", NOW, address="a@example.org")
    assert ready(site)["mail"] == "ok"
    site.clock.pass_(minutes=31)
    assert ready(site)["mail"] == "late"


class TestMetrics:
    """The same as figures."""

    def asked(self, site: Site, header: str | None):
        headers = {} if header is None else {"Authorization": header}
        return site.browser().client.get("/metrics", headers=headers)

    @pytest.mark.parametrize(
        ("token", "header"),
        [
            ("", "Bearer "),  # off: nothing opens it
            (TOKEN, None),  # no token
            (TOKEN, "Bearer x"),  # a wrong one
            (TOKEN, f"Basic {TOKEN}"),  # another way of asking
            (TOKEN, f"Bearer {TOKEN}é"),  # not even ASCII
        ],
    )
    def test_without_the_token_there_is_no_such_page(self, build, token: str, header: str | None) -> None:
        """404, as for any page that is not there."""
        header = header.encode("latin-1") if header else header  # type: ignore[assignment]
        assert self.asked(build(metrics_token=token), header).status_code == 404

    def test_figures(self, build, jobs: Callable[..., int]) -> None:
        """Read from the database, whichever process is asked."""
        site = build(metrics_token=TOKEN)
        jobs("failed")
        site.athlete()
        with site.store.transaction() as tx:
            tx.heartbeats.beat("clock:due_syncs", NOW - timedelta(seconds=12))
            tx.heartbeats.beat("backup", NOW - timedelta(hours=1))
            tx.connection.exec_driver_sql("INSERT INTO procrastinate_workers DEFAULT VALUES")
            tx.quota.learn(NOW, [QuotaWindow("read_day", NOW, NOW + timedelta(days=1), 1000, 930)])
        answer = self.asked(site, f"Bearer {TOKEN}")
        assert answer.headers["content-type"].startswith("text/plain")
        assert set(re.findall(r"^[^#].*$", answer.text, re.MULTILINE)) >= {
            'freshlegs_clock_beat_age_seconds{tick="clock:due_syncs"} 12.0',
            "freshlegs_backup_age_seconds 3600.0",
            "freshlegs_workers 1.0",
            'freshlegs_jobs{state="failed"} 1.0',
            'freshlegs_athletes{state="connected"} 1.0',
            'freshlegs_due{work="sync"} 1.0',
            'freshlegs_strava_calls_used{window="read_day"} 930.0',
            'freshlegs_strava_calls_limit{window="read_day"} 1000.0',
        }
