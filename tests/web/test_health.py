"""Health for machines: words for who asks, figures for who knows the token."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest

from service.domain.message import Message
from service.domain.night import MailKind
from service.store.guards import Guard
from service.store.quota import QuotaWindow
from service.store.session import open_store
from tests.fixtures_postgres import keyring
from tests.web.conftest import NOW, Site

WELL = {
    "ready": True, "database": "ok", "clock": "alive", "worker": "alive", "work": "ok",
    "strava": "open", "subscription": "hearing", "mail": "ok", "backup": "ok",
}  # fmt: skip
TOKEN = "a token for figures"


def ready(site: Site) -> dict[str, object]:
    answer = site.browser().get("/readyz")
    assert answer.status_code == 200
    return answer.json()


def do(site: Site, *statements: str) -> None:
    with site.store.transaction() as tx:
        for statement in statements:
            tx.connection.exec_driver_sql(statement)


def test_live(site: Site) -> None:
    """The process answers; nothing else is asked."""
    assert site.browser().get("/healthz").json() == {"live": True}


@pytest.mark.parametrize(
    ("beat", "clock"),
    [
        (None, "never"),  # no clock was ever started
        (NOW - timedelta(seconds=20), "alive"),  # a moment ago
        (NOW - timedelta(minutes=4), "late"),  # silent for too long
    ],
)
def test_a_clock(site: Site, beat, clock: str) -> None:
    """The database answers; a dead clock is told, but pages can be served without one."""
    if beat is not None:
        with site.store.transaction() as tx:
            tx.heartbeats.beat("clock:due_syncs", beat)
    assert ready(site)["clock"] == clock


def test_one_silent_tick_makes_the_clock_late(site: Site) -> None:
    """Half a clock is none: nights may wait while syncs go on. Purging is rare."""
    with site.store.transaction() as tx:
        tx.heartbeats.beat("clock:due_syncs", NOW)
        tx.heartbeats.beat("clock:purge", NOW - timedelta(hours=2))
    assert ready(site)["clock"] == "alive"
    with site.store.transaction() as tx:
        tx.heartbeats.beat("clock:due_nights", NOW - timedelta(minutes=4))
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


def all_well(site: Site) -> None:
    """Every part at work, and a backup of last night."""
    with site.store.transaction() as tx:
        for name in ("clock:due_syncs", "clock:due_nights", "backup"):
            tx.heartbeats.beat(name, NOW)
        tx.connection.exec_driver_sql("INSERT INTO procrastinate_workers DEFAULT VALUES")
        tx.subscription.made(1, NOW)


def clock_dead(site: Site) -> None:
    do(site, "UPDATE heartbeat SET beat_at = beat_at - interval '4 minutes' WHERE name = 'clock:due_nights'")


def worker_dead(site: Site) -> None:
    do(site, "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '2 minutes'")


def queue_stuck(site: Site) -> None:
    do(
        site,
        "INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('work', 'sync')",
        "UPDATE procrastinate_events SET at = at - interval '11 minutes'",
    )


def nights_wait(site: Site) -> None:
    site.athlete()
    do(site, f"UPDATE athlete SET next_night_at = '{NOW - timedelta(hours=4)}'")


def quota_used_up(site: Site) -> None:
    with site.store.transaction() as tx:
        tx.quota.learn(NOW, [QuotaWindow("read_day", NOW, NOW + timedelta(days=1), 1000, 1000)])


def application_off(site: Site) -> None:
    """Asked for the last time two hours ago: nobody has needed Strava since."""
    with site.store.transaction() as tx:
        tx.quota.switch_off(NOW - timedelta(hours=2))


def mail_late(site: Site) -> None:
    """A server that has said "later" for half an hour is down."""
    with site.store.transaction() as tx:
        letter = Message(MailKind.RECONNECT, NOW.date(), "s", "t", "h")
        at = NOW - timedelta(minutes=31)
        tx.mailbox.put(None, MailKind.RECONNECT, NOW.date(), letter, "<1@x>", at, address="a@example.org")


def mail_stopped(site: Site) -> None:
    with site.store.transaction() as tx:
        tx.guards.turn(Guard.MAIL, NOW, on=True)


def warnings_held(site: Site) -> None:
    with site.store.transaction() as tx:
        tx.guards.turn(Guard.WARNINGS, NOW, on=True)


def subscription_silent(site: Site) -> None:
    do(site, "UPDATE subscription SET created_at = created_at - interval '4 days'")


def subscription_gone(site: Site) -> None:
    with site.store.transaction() as tx:
        assert tx.subscription.ended()


def backup_old(site: Site) -> None:
    do(site, "UPDATE heartbeat SET beat_at = beat_at - interval '3 days' WHERE name = 'backup'")


DOWN = [
    # What is wrong, what /readyz says besides, the figure that shows it, what the overview names.
    (clock_dead, {"clock": "late"}, 'clock_beat_age_seconds{tick="clock:due_nights"} 240.0', "clock"),
    (worker_dead, {"worker": "silent"}, r"worker_beat_age_seconds 1[2-9]\d.*", "queue"),
    (queue_stuck, {"work": "late"}, r"oldest_job_seconds [67]\d\d.*", "queue"),
    (nights_wait, {"work": "late"}, 'due_oldest_seconds{work="night"} 14400.0', "due now"),
    (quota_used_up, {"strava": "used_up"}, 'strava_calls_used{window="read_day"} 1000.0', "strava quota"),
    (application_off, {"strava": "off"}, 'strava_calls_used{window="application_off"} 0.0', "strava quota"),
    (mail_late, {"mail": "late"}, "mail_unsent_oldest_seconds 1860.0", "mails"),
    (mail_stopped, {"mail": "stopped"}, 'stopped{guard="mail"} 1.0', "guards"),
    (warnings_held, {"mail": "held"}, 'stopped{guard="warnings"} 1.0', "guards"),
    (subscription_silent, {"subscription": "silent"}, 'subscription{state="silent"} 1.0', "strava's events"),
    (subscription_gone, {"subscription": "none"}, 'subscription{state="none"} 1.0', ""),
    (backup_old, {"backup": "late"}, "backup_age_seconds 259200.0", "backup"),
]


class TestTruth:
    """Whatever is down is told by each of the three, and by the one that needs a login."""

    def test_all_is_well(self, build) -> None:
        """And nothing but well."""
        site = build(metrics_token=TOKEN)
        all_well(site)
        assert ready(site) == WELL
        assert "Everything runs" in site.admin().get("/admin").text

    @pytest.mark.parametrize(
        ("trouble", "word", "figure", "named"), DOWN, ids=[case[0].__name__ for case in DOWN]
    )
    def test_what_is_down_is_told(
        self, build, trouble: Callable[[Site], None], word: dict[str, str], figure: str, named: str
    ) -> None:
        """The one word, the one figure, the one card; the process itself goes on living."""
        site = build(metrics_token=TOKEN)
        all_well(site)
        trouble(site)
        assert ready(site) == WELL | word
        assert site.browser().get("/healthz").status_code == 200
        told = TestMetrics().asked(site, f"Bearer {TOKEN}").text
        pattern = figure if "\\" in figure else re.escape(figure)
        assert re.search(rf"^freshlegs_{pattern}$", told, re.MULTILINE), told
        headline = f"Look at: {named}" if named else "Everything runs"
        assert headline in unescape(site.admin().get("/admin").text)

    def test_a_database_that_is_away(self, build) -> None:
        """Not ready, alive, and one figure; no word about what cannot be seen."""
        away = open_store("postgresql://nobody@127.0.0.1:1/nothing", keyring())
        site = build(metrics_token=TOKEN, store=away)
        answer = site.browser().get("/readyz")
        unknown = dict.fromkeys(WELL, "unknown")
        assert answer.json() == unknown | {"ready": False, "database": "unavailable"}
        assert answer.status_code == 503
        assert site.browser().get("/healthz").json() == {"live": True}
        told = TestMetrics().asked(site, f"Bearer {TOKEN}").text
        assert re.findall(r"^[^#].*$", told, re.MULTILINE) == ["freshlegs_database_up 0.0"]
        away.close()
