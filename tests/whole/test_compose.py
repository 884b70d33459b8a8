"""docker-compose.yml without Docker: its commands are ours, its settings exist, and its roles start."""

import shlex
from contextlib import ExitStack

import httpx
import pytest
import yaml

from service.settings import Settings
from service.store.keyring import Keyring
from tests.demo.season import free_port
from tests.whole.commands import ROOT, STOPS_WITHIN_S, STRAVA, commands, running, said, stop, wait_until

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
OURS = {name: service for name, service in COMPOSE["services"].items() if "build" in service}
ROLES = ("web", "clock", "worker")


def words(service):
    """The freshlegs command of a service; a shell's is the part before ``&&``."""
    command = service["command"]
    if command[:2] == ["sh", "-c"]:
        command = shlex.split(command[2].partition("&&")[0])
    assert command[0] == "freshlegs"
    return command[1:]


@pytest.mark.parametrize("name", OURS)
def test_every_command_is_one_of_ours(name):
    """A renamed command must be renamed here too."""
    assert words(OURS[name])[0] in commands()


@pytest.mark.parametrize("name", OURS)
def test_every_setting_exists(name):
    """A misspelt key would be ignored in silence."""
    known = {setting.upper() for setting in Settings.model_fields}
    assert set(OURS[name]["environment"]) <= known


def test_the_settings_can_be_used(monkeypatch):
    """With an application's id and secret filled in."""
    for key, value in OURS["web"]["environment"].items():
        monkeypatch.setenv(key, "4242" if value.startswith("${STRAVA") else value)
    settings = Settings(_env_file=None)
    settings.require_strava()
    assert (settings.web_host, settings.smtp_host) == ("0.0.0.0", "mailpit")


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


def test_every_role_starts_on_a_shared_database_and_stops(tmp_path, database_url):
    """The roles apart, as compose has them, each a process of its own."""
    port = free_port()
    settings = OURS["web"]["environment"] | STRAVA
    settings |= {
        "DATABASE_URL": database_url,
        "KEYRING_FILE": "ring",
        "WEB_HOST": "127.0.0.1",
        "WEB_PORT": port,
        "CLOCK_PERIOD_S": 0.5,
    }
    Keyring.create(tmp_path / "ring")
    with ExitStack() as stack:
        roles = {
            role: stack.enter_context(running(*words(OURS[role]), folder=tmp_path, settings=settings))
            for role in ROLES
        }
        for role in ROLES:
            wait_until(lambda role=role: '"started"' in said(tmp_path, role))
        wait_until(lambda: ready(port).get("clock") == "alive")
        for role, process in roles.items():
            assert process.poll() is None, said(tmp_path, role)
        took = [stop(process) for process in roles.values()]
    assert max(took) < STOPS_WITHIN_S
    assert [process.returncode for process in roles.values()] == [0, 0, 0]


def ready(port):
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz").json()
    except httpx.TransportError:
        return {}
