"""docker-compose.yml without Docker: its commands are ours, its settings exist, and its roles start."""

import shlex
from contextlib import ExitStack

import httpx
import pytest
import structlog
import yaml
from sqlalchemy import make_url
from typer.testing import CliRunner

from service.__main__ import cli
from service.settings import Settings
from tests.demo.season import free_port
from tests.whole.commands import (
    ROOT,
    STOPS_WITHIN_S,
    STRAVA,
    commands,
    environment,
    running,
    said,
    stop,
    wait_until,
)

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
OURS = {name: service for name, service in COMPOSE["services"].items() if "build" in service}
ROLES = ("web", "clock", "worker")
PASSWORDS = ("owner-password", "app-password", "backup-password")


def lines(service):
    """The freshlegs commands of a service; a shell's are its parts between ``&&``."""
    command = service["command"]
    if command[:2] == ["sh", "-c"]:
        parts = [shlex.split(part) for part in command[2].split("&&")]
        return [part[1:] for part in parts if part[0] == "freshlegs"]
    assert command[0] == "freshlegs"
    return [command[1:]]


def words(service):
    """The one freshlegs command of a service."""
    [line] = lines(service)
    return line


@pytest.mark.parametrize("name", OURS)
def test_every_command_is_one_of_ours(name):
    """A renamed command must be renamed here too."""
    for line in lines(OURS[name]):
        assert line[0] in commands()
        known = {option for part in commands()[line[0]].params for option in part.opts}
        assert {word for word in line if word.startswith("--")} <= known


@pytest.mark.parametrize("name", OURS)
def test_every_setting_exists(name):
    """A misspelt key would be ignored in silence."""
    known = {setting.upper() for setting in Settings.model_fields}
    assert {key.removesuffix("_FILE") for key in OURS[name]["environment"]} - {"KEYRING"} <= known


def test_the_settings_can_be_used(monkeypatch, tmp_path):
    """With an application's id and secret filled in."""
    (tmp_path / "word").write_text("a-password")
    for key, value in OURS["web"]["environment"].items():
        value = str(tmp_path / "word") if key == "DATABASE_PASSWORD_FILE" else value
        monkeypatch.setenv(key, "4242" if value.startswith("${STRAVA") else value)
    settings = Settings(_env_file=None)
    settings.require_strava()
    assert (settings.web_host, settings.smtp_host) == ("0.0.0.0", "mailpit")
    assert settings.dsn == "postgresql://freshlegs_app:a-password@db/freshlegs"


def test_nobody_holds_a_password_of_somebody_else_s():
    """Each lies on a volume of its own, and only who needs it sees that. None is written here."""
    holders = {
        word: {name for name, service in COMPOSE["services"].items() if word in str(service.get("volumes"))}
        for word in ("owner-password", "app-password", "backup-password")
    }
    assert holders == {
        "owner-password": {"keys", "db", "migrate", "roles"},
        "app-password": {"keys", "roles", "web", "clock", "worker"},
        "backup-password": {"keys", "roles", "backup"},
    }
    assert "POSTGRES_PASSWORD:" not in (ROOT / "docker-compose.yml").read_text()


def test_the_roles_may_not_do_more_than_they_need():
    """A container that is broken into owns nothing and writes nowhere but its volumes."""
    for role in ROLES:
        assert OURS[role]["read_only"]
        assert OURS[role]["cap_drop"] == ["ALL"]
        assert OURS[role]["security_opt"] == ["no-new-privileges:true"]


def test_a_stop_waits_longer_than_we_need():
    """Or work in hand would be killed."""
    assert int(OURS["worker"]["stop_grace_period"].removesuffix("s")) > STOPS_WITHIN_S


def test_everyone_waited_for_is_there():
    """And the database is waited for until it answers."""
    for service in COMPOSE["services"].values():
        assert set(service.get("depends_on", {})) <= set(COMPOSE["services"])
    assert OURS["migrate"]["depends_on"]["db"]["condition"] == "service_healthy"


def test_all_that_is_kept_is_on_a_volume():
    """Or it is gone with the container."""
    mounted = {
        mount.split(":")[0]
        for service in COMPOSE["services"].values()
        for mount in service.get("volumes", [])
    }
    assert mounted == set(COMPOSE["volumes"])


def test_the_pages_are_not_open_to_the_world():
    """Whoever wants that puts a server with a certificate in front."""
    ports = [port for service in COMPOSE["services"].values() for port in service.get("ports", [])]
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_from_nothing_to_a_backup(tmp_path, fresh_database_url):
    """Keys, passwords, tables, roles, then the roles apart as compose has them, with the rights they have
    there; and a backup beside them. Every command is the one in the file."""
    port = free_port()
    here = {f"/{name}": str(tmp_path / name) for name in ("keys", *PASSWORDS, "backups")}

    def placed(word):
        found = next((name for name in here if word.startswith(f"{name}/") or word == name), None)
        return word.replace(found, here[found], 1) if found else word

    def settings_of(service):
        given = {key: placed(value) for key, value in service["environment"].items()} | STRAVA
        user = given["DATABASE_URL"].partition("@")[0].rpartition("/")[2]
        return given | {
            "DATABASE_URL": make_url(fresh_database_url).set(username=user).render_as_string(),
            "WEB_HOST": "127.0.0.1",
            "WEB_PORT": port,
            "CLOCK_PERIOD_S": 0.5,
        }

    def done(line, **settings):
        """In this process: starting Python four more times would take most of the test's time."""
        ended = CliRunner().invoke(cli, [placed(word) for word in line], env=environment(**settings))
        assert ended.exit_code == 0, ended.output

    for line in lines(OURS["keys"]):
        done(line)
    for name in ("migrate", "roles"):
        done(words(OURS[name]), **settings_of(OURS[name]))
    with ExitStack() as stack:
        roles = {
            role: stack.enter_context(
                running(*words(OURS[role]), folder=tmp_path, settings=settings_of(OURS[role]))
            )
            for role in ROLES
        }
        for role in ROLES:
            wait_until(lambda role=role: '"started"' in said(tmp_path, role))
        wait_until(lambda: (ready(port).get("clock"), ready(port).get("worker")) == ("alive", "alive"))
        for role, process in roles.items():
            assert process.poll() is None, said(tmp_path, role)
        done(words(OURS["backup"]), **settings_of(OURS["backup"]))
        took = [stop(process) for process in roles.values()]
    assert max(took) < STOPS_WITHIN_S
    assert [process.returncode for process in roles.values()] == [0, 0, 0]
    assert len(list((tmp_path / "backups").glob("*.dump"))) == 1


@pytest.fixture(autouse=True)
def _logging_as_it_was():
    yield
    structlog.reset_defaults()  # a command sets logging up for its own process, which here is ours


def ready(port):
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz").json()
    except httpx.TransportError:
        return {}
