"""docs/operating.md: every command of freshlegs in it is run as written there, and does what it says."""

import re
from functools import partial
from uuid import UUID

import psycopg
import pytest
from typer.testing import CliRunner

from service.__main__ import cli
from service.store.keyring import Keyring
from service.store.session import open_store
from tests.demo.season import free_port
from tests.store.samples import NOW, SCOPES
from tests.whole.commands import ROOT, environment, running, stop, wait_until
from tests.whole.test_compose import ready

PAGE = (ROOT / "docs" / "operating.md").read_text()
WRITTEN = set(re.findall(r"`(freshlegs [^`]+)`", PAGE))
PASSWORD = "twenty easy kilometres"
KEPT_RUNNING = {
    "freshlegs up": "test_command_line.py",
    "freshlegs clock": "test_compose.py",
    "freshlegs worker": "test_compose.py",
}
"""They go on until they are stopped; these tests start and stop them."""
ADDRESS = "runner@example.org"


class Place:
    """A folder, a database and settings, and what the page calls NAME, FILE, DIR and so on."""

    def __init__(self, folder, dsn, standin):
        self.folder, self.dsn, self.done = folder, dsn, set()
        self.port = free_port()
        self.backups = folder / "backups"
        self.settings = {
            "DATABASE_URL": dsn,
            "KEYRING_FILE": folder / "keys" / "keyring",
            "DATA_DIR": folder,
            "BASE_URL": f"http://127.0.0.1:{self.port}",
            "WEB_PORT": self.port,
            "WEBHOOK_SECRET": "a1" * 20,
            "STRAVA_APP_ID": standin.client_id,
            "STRAVA_APP_SECRET": standin.client_secret,
            "STRAVA_API_BASE": standin.api_base,
            "STRAVA_OAUTH_BASE": standin.url,
        }

    def do(self, written, *words, typed=None):
        """Run what is written, with the page's capitals filled in; in this process, which is faster."""
        line = written
        for name, value in words:
            assert name in line, (name, written)
            line = line.replace(name, str(value), 1)
        assert written in WRITTEN
        ended = CliRunner().invoke(cli, line.split()[1:], input=typed, env=environment(**self.settings))
        assert ended.exit_code == 0, (written, ended.output)
        self.done.add(written)
        return ended.output

    def store(self):
        return open_store(self.dsn, Keyring.from_file(self.settings["KEYRING_FILE"]))

    def count(self, table):
        with psycopg.connect(self.dsn) as connection:
            return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


@pytest.fixture
def place(tmp_path, fresh_database_url, standin):
    return Place(tmp_path, fresh_database_url, standin)


def test_every_command_of_the_page_is_run(place):
    """From keys to a restore; a command that is written and not run here fails this test."""
    do = place.do
    _make_ready(place)
    athlete = _an_athlete(place)
    do("freshlegs connect-check")
    _events(place)
    (place.folder / "mails" / "new").mkdir(parents=True)
    (place.folder / "mails" / "cur").mkdir()
    do("freshlegs bounces PLACE…", ("PLACE…", place.folder / "mails"))
    do("freshlegs write-again ADDRESS", ("ADDRESS", ADDRESS))
    assert "2 rows are encrypted" in do("freshlegs rotate-keys")
    do("freshlegs backup DIR", ("DIR", place.backups))
    do("freshlegs erase ID", ("ID", athlete))
    assert place.count("athlete") == 0
    (dump,) = place.backups.glob("freshlegs-*.dump")
    do("freshlegs restore DIR/freshlegs-….dump", ("DIR/freshlegs-….dump", dump))
    assert place.count("athlete") == 0  # erased since: a restore brings nobody back
    do("freshlegs forget-again")
    do("freshlegs admin disable NAME", ("NAME", "ada"))
    assert place.done | set(KEPT_RUNNING) == WRITTEN


def _make_ready(place):
    place.do("freshlegs keyring PATH", ("PATH", place.settings["KEYRING_FILE"]))
    for role in ("app", "backup"):
        place.do("freshlegs password FILE", ("FILE", place.folder / role))
    place.do("freshlegs migrate")
    files = [("FILE", place.folder / role) for role in ("app", "backup")]
    place.do("freshlegs grant-roles --app FILE --backup FILE", *files)
    place.do("freshlegs admin add NAME", ("NAME", "ada"), typed=f"{PASSWORD}\n{PASSWORD}\n")
    place.do("freshlegs admin totp NAME", ("NAME", "ada"))


def _an_athlete(place) -> UUID:
    """With an address that a bounce has put on the list."""
    store = place.store()
    with store.transaction() as tx:
        athlete = tx.athletes.connect(7, SCOPES, "UTC", NOW)
        tx.addresses.confirm(tx.addresses.propose(athlete.id, ADDRESS, NOW), NOW)
        tx.addresses.suppress(ADDRESS, "refused", NOW)
    store.close()
    return athlete.id


def _events(place):
    """The pages run, and Strava reaches them."""
    with running("web", folder=place.folder, settings=place.settings) as web:
        wait_until(partial(_is_ready, place.port))
        for word, expected in (
            ("create", "is made"),
            ("check", "is in place"),
            ("delete", "1 subscriptions"),
        ):
            assert expected in place.do(f"freshlegs webhook {word}")
        stop(web)
    place.done.add("freshlegs web")


def _is_ready(port):
    return ready(port).get("ready")


@pytest.mark.parametrize(("command", "file"), KEPT_RUNNING.items())
def test_what_goes_on_is_started_elsewhere(command, file):
    """And stopped there."""
    role = command.split()[1]
    assert f'"{role}"' in (ROOT / "tests" / "whole" / file).read_text()
