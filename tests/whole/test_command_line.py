"""The command line: every command explains itself, every error is one line, and what is started stops."""

import io
import json
import sys
from collections.abc import Iterator
from importlib.metadata import entry_points

import httpx
import psutil
import psycopg
import pytest

from service.__main__ import main
from service.settings import Settings
from service.store.postgres import EmbeddedPostgres
from tests.demo.season import free_port
from tests.whole.commands import STOPS_WITHIN_S, STRAVA, commands, running, said, stop, wait_until

PASSWORD = "twenty easy kilometres"


@pytest.fixture(autouse=True)
def _nothing_in_the_environment(monkeypatch, tmp_path):
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.delenv(f"{name.upper()}_FILE", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def freshlegs(monkeypatch, capsys):
    """Runs a command in this process; returns exit code, standard output and standard error."""

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["freshlegs", *arguments])
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = ended.code or 0
        return code, *capsys.readouterr()

    return call


@pytest.fixture(scope="module")
def cluster(tmp_path_factory) -> Iterator[EmbeddedPostgres]:
    """The embedded Postgres of one data folder, started once: commands on that folder find it running."""
    with EmbeddedPostgres(tmp_path_factory.mktemp("data") / "postgres", durable=False) as server:
        yield server


@pytest.fixture
def data_dir(cluster, monkeypatch):
    monkeypatch.setenv("DATA_DIR", str(cluster.folder.parent))
    return cluster.folder.parent


class TestHelp:
    @pytest.mark.parametrize("name", sorted(commands()))
    def test_every_command_explains_itself(self, freshlegs, name):
        """Without starting anything."""
        code, out, _ = freshlegs(*name.split(), "--help")
        assert code == 0
        assert "Usage:" in out
        assert (commands()[name].help or "").split()[0] in out

    def test_no_command_lists_all(self, freshlegs):
        """`freshlegs` alone says what one can do."""
        _, out, err = freshlegs()
        assert all(name.split()[0] in out + err for name in commands())

    def test_the_console_script_is_this_command_line(self):
        """What `pip install` puts on the path."""
        (script,) = [script for script in entry_points(group="console_scripts") if script.name == "freshlegs"]
        assert script.load() is main


class TestErrors:
    @pytest.mark.parametrize(
        ("settings", "said"),
        [
            ({}, "STRAVA_APP_ID"),  # nothing is set
            ({"WEB_PORT": "many"}, "WEB_PORT"),  # no number
            ({"LEASE_S": "0", "LOG_LEVEL": "loud"}, "LEASE_S"),  # two at once: both named on one line
            ({"DATABASE_URL": "postgresql://db/x"}, "KEYRING_FILE"),  # a shared database needs a shared ring
            ({"STRAVA_APP_SECRET_FILE": "/nowhere"}, "STRAVA_APP_SECRET_FILE"),  # a secret that is not there
        ],
    )
    def test_a_bad_setting_is_one_line(self, freshlegs, monkeypatch, settings, said):
        """It names the key, and nothing was started."""
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        code, out, err = freshlegs("up")
        assert (code, out) == (1, "")
        assert err.startswith("freshlegs: ")
        assert said in err
        assert err.count("\n") == 1

    def test_a_database_that_is_away_is_one_line(self, freshlegs, monkeypatch, tmp_path):
        """With what to check."""
        freshlegs("keyring", "ring")
        monkeypatch.setenv("KEYRING_FILE", "ring")
        monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:9/nothing")
        code, _, err = freshlegs("migrate")
        assert (code, err.count("\n")) == (1, 1)
        assert "DATABASE_URL" in err

    def test_an_unknown_command_is_refused(self, freshlegs):
        assert freshlegs("fly")[0] == 2


class TestReplay:
    def test_a_history_is_judged(self, freshlegs, tmp_path):
        """One JSON line a night, from the first to the last."""
        row = {"sport_type": "Run", "utc_offset": 0, "distance": 8000.0, "moving_time": 2700}
        rows = [row | {"id": day, "start_date": f"2026-03-{day:02}T07:00:00Z"} for day in (1, 2, 4)]
        (tmp_path / "runs.jsonl").write_text("\n".join(map(json.dumps, rows)))
        code, out, _ = freshlegs("replay", "runs.jsonl", "--from", "2026-03-04")
        assert code == 0
        assert [json.loads(line)["night"] for line in out.splitlines()] == ["2026-03-04", "2026-03-05"]

    @pytest.mark.parametrize(
        ("arguments", "code", "complaint"),
        [
            (["nowhere.jsonl"], 1, "nowhere.jsonl"),  # no such file
            (["empty.jsonl"], 1, "empty"),  # nothing in it
            (["broken.jsonl"], 1, "broken.jsonl:1"),  # no JSON
            (["broken.jsonl", "--tz", "Mars/Olympus"], 2, "Mars/Olympus"),  # no zone
            (["broken.jsonl", "--from", "yesterday"], 2, "yesterday"),  # no date
            ([], 2, "paths"),  # nothing to read
        ],
    )
    def test_bad_input_is_named(self, freshlegs, tmp_path, arguments, code, complaint):
        """File and line, never a traceback."""
        (tmp_path / "empty.jsonl").touch()
        (tmp_path / "broken.jsonl").write_text("{]\n")
        given, out, err = freshlegs("replay", *arguments)
        assert (given, out) == (code, "")
        assert complaint in err
        assert "Traceback" not in err


class TestKeyring:
    def test_it_is_made_once(self, freshlegs, tmp_path):
        """A second call must not throw every token away."""
        assert "wrote" in freshlegs("keyring", "ring")[1]
        made = (tmp_path / "ring").read_text()
        assert "stays as it is" in freshlegs("keyring", "ring")[1]
        assert (tmp_path / "ring").read_text() == made
        assert (tmp_path / "ring").stat().st_mode & 0o777 == 0o600

    def test_rotation_needs_one(self, freshlegs):
        """It does not invent a ring beside the one that is needed."""
        code, _, err = freshlegs("rotate-keys")
        assert code == 1
        assert "keyring" in err


class TestOperations:
    """On the embedded Postgres, as an operator has it."""

    def test_an_admin_comes_and_goes(self, freshlegs, data_dir, cluster, monkeypatch):
        """Added with a password from standard input, given a new one, locked out."""
        for expected in ("may look at /admin", "new password"):
            monkeypatch.setattr(sys, "stdin", io.StringIO(f"{PASSWORD}\n"))
            code, out, err = freshlegs("admin", "add", "ada", "--password-stdin", "--role", "viewer")
            assert (code, expected in out) == (0, True), err
        assert freshlegs("admin", "disable", "ada")[0] == 0
        with psycopg.connect(cluster.dsn) as connection:
            (row,) = connection.execute("SELECT name, role, disabled_at IS NULL FROM admin").fetchall()
        assert row == ("ada", "viewer", False)

    def test_a_second_factor_comes_and_goes(self, freshlegs, data_dir, cluster, monkeypatch):
        """The secret is shown once; a new password leaves role and factor alone."""
        for role in (["--role", "viewer"], []):
            monkeypatch.setattr(sys, "stdin", io.StringIO(f"{PASSWORD}\n"))
            assert freshlegs("admin", "add", "joan", "--password-stdin", *role)[0] == 0
        code, out, err = freshlegs("admin", "totp", "joan")
        assert (code, "otpauth://totp/freshlegs%3Ajoan?secret=" in out) == (0, True), err
        with psycopg.connect(cluster.dsn) as connection:
            [row] = connection.execute("SELECT role, totp IS NULL FROM admin WHERE name = 'joan'").fetchall()
            assert row == ("viewer", False)
        assert freshlegs("admin", "totp", "joan", "--off")[1] == "joan logs in without a code\n"
        assert freshlegs("admin", "totp", "nobody")[0] == 1

    def test_a_backup_is_made_and_read_again(self, freshlegs, data_dir, tmp_path):
        """The runbook of docs/operating.md, on the embedded Postgres; nobody comes back from the dead."""
        freshlegs("migrate")
        assert freshlegs("backup", "kept")[0] == 0
        [file] = (tmp_path / "kept").glob("*.dump")
        code, out, err = freshlegs("restore", str(file))
        assert (code, "0 athletes" in out) == (0, True), err
        assert freshlegs("restore", "nothing.dump")[0] == 1
        assert freshlegs("forget-again")[1] == "0 athletes who had been erased are forgotten again\n"

    def test_roles_are_made_with_passwords_from_files(self, freshlegs, data_dir, tmp_path):
        """Random ones, made once; a short one is refused."""
        for name in ("app", "backup", "app"):
            assert freshlegs("password", name)[0] == 0
        assert len((tmp_path / "app").read_text().strip()) == 48
        freshlegs("migrate")
        assert freshlegs("grant-roles", "--app", "app", "--backup", "backup")[0] == 0
        (tmp_path / "short").write_text("hunter2")
        assert freshlegs("grant-roles", "--app", "short", "--backup", "backup")[0] == 1
        assert freshlegs("grant-roles", "--app", "nowhere", "--backup", "backup")[0] == 1

    def test_what_comes_back_is_read(self, freshlegs, data_dir, tmp_path):
        """A folder that is no Maildir is named; a note is counted; nobody was suppressed."""
        freshlegs("migrate")
        (tmp_path / "one.eml").write_bytes(b"Subject: hello\n\nyou")
        assert freshlegs("bounces", str(tmp_path / "one.eml"))[1] == (
            "1 read; addresses not written to again: 0; no bounce: 1\n"
        )
        assert freshlegs("bounces", str(tmp_path))[0] == 1
        assert "is written to" in freshlegs("write-again", "ada@example.org")[2]

    def test_a_database_that_is_away_keeps_the_bounce(self, freshlegs, monkeypatch, tmp_path):
        """75 asks the mail server that pipes to us to try again."""
        freshlegs("keyring", str(tmp_path / "ring"))
        monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:9/none")
        monkeypatch.setenv("KEYRING_FILE", str(tmp_path / "ring"))
        assert freshlegs("bounces", str(tmp_path / "ring"))[0] == 75

    def test_an_admin_nobody_knows(self, freshlegs, data_dir):
        code, _, err = freshlegs("admin", "disable", "grace")
        assert (code, err) == (1, "freshlegs: there is no admin 'grace'\n")

    @pytest.mark.parametrize(
        ("athlete", "complaint"),
        [
            ("ada", "is not an athlete's id"),  # a name
            ("00000000-0000-0000-0000-000000000000", "there is no athlete"),  # nobody's id
        ],
    )
    def test_nobody_is_erased_by_mistake(self, freshlegs, data_dir, athlete, complaint):
        code, _, err = freshlegs("erase", athlete)
        assert code == 1
        assert complaint in err

    def test_migrating_twice_is_harmless(self, freshlegs, data_dir):
        assert [freshlegs("migrate")[1] for _ in range(2)] == ["the database is up to date\n"] * 2

    def test_keys_are_rotated(self, freshlegs, data_dir):
        """A new key stands first, the others stay until the operator takes them out."""
        freshlegs("migrate")
        before = (data_dir / "keyring").read_text().splitlines()
        code, out, err = freshlegs("rotate-keys")
        after = (data_dir / "keyring").read_text().splitlines()
        assert (code, after[2:]) == (0, before[1:]), err
        assert "older keys may be removed" in out

    def test_the_connection_to_strava_is_checked(self, freshlegs, data_dir, monkeypatch, standin):
        """Without any athlete: Strava checks id and secret first."""
        monkeypatch.setenv("STRAVA_OAUTH_BASE", standin.url)
        monkeypatch.setenv("STRAVA_APP_ID", standin.client_id)
        monkeypatch.setenv("STRAVA_APP_SECRET", standin.client_secret)
        assert freshlegs("connect-check")[:2] == (0, "Strava accepts the application's id and secret\n")
        monkeypatch.setenv("STRAVA_APP_SECRET", "another")
        code, _, err = freshlegs("connect-check")
        assert (code, "copy both again" in err) == (1, True)
        monkeypatch.setenv("STRAVA_OAUTH_BASE", STRAVA["STRAVA_OAUTH_BASE"])
        code, _, err = freshlegs("connect-check")
        assert (code, "could not be asked" in err) == (1, True)


class TestUp:
    def test_it_serves_and_stops_and_leaves_nothing(self, tmp_path):
        """Pages, clock and worker on a Postgres of its own; SIGTERM ends all of it in time."""
        port = free_port()
        settings = {**STRAVA, "WEB_PORT": port, "CLOCK_PERIOD_S": 0.5}
        with running("up", folder=tmp_path, settings=settings) as process:
            wait_until(lambda: process.poll() is not None or '"started"' in said(tmp_path, "up"))
            assert process.poll() is None, said(tmp_path, "up")
            base = f"http://127.0.0.1:{port}"
            wait_until(lambda: _answers(f"{base}/healthz"))
            ready = httpx.get(f"{base}/readyz").json()
            assert {name: ready[name] for name in ("ready", "database", "clock", "mail")} == {
                "ready": True,
                "database": "ok",
                "clock": "alive",
                "mail": "ok",
            }
            family = psutil.Process(process.pid).children(recursive=True)
            assert any("postgres" in each.name() for each in family)
            assert stop(process) < STOPS_WITHIN_S
            assert process.returncode == 0
            _, alive = psutil.wait_procs(family, timeout=2)
            assert alive == []
        assert STRAVA["STRAVA_APP_SECRET"] not in said(tmp_path, "up")


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.TransportError:
        return False
