"""Settings: read once, typed, and refused by name."""

import re
from pathlib import Path

import pytest

from service import settings
from service.errors import SettingsError
from service.settings import Settings

EXAMPLE = Path(__file__).resolve().parents[2] / "config" / "service.env.example"
SHOWN = re.compile(r"^#?([A-Z][A-Z0-9_]+)=(.*)$", re.MULTILINE)


@pytest.fixture(autouse=True)
def _nothing_in_the_environment(monkeypatch, tmp_path):
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def test_the_defaults_start_a_service():
    """Nothing is needed but the Strava application's id and secret."""
    assert settings.load().base_url == "http://127.0.0.1:8000"


def test_every_setting_is_documented_and_every_documented_one_exists():
    """config/service.env.example and Settings name the same keys."""
    shown = {name for name, _ in SHOWN.findall(EXAMPLE.read_text())}
    assert shown == {name.upper() for name in Settings.model_fields}


def test_the_example_shows_the_defaults():
    """Copying the example changes nothing."""
    default = settings.load()
    for name, value in SHOWN.findall(EXAMPLE.read_text()):
        known = getattr(default, name.lower())
        known = known.get_secret_value() if hasattr(known, "get_secret_value") else known
        if known is not None:
            assert settings.load(**{name.lower(): value}) == default, name


def test_the_example_is_read_as_it_stands(monkeypatch, tmp_path):
    """`cp config/service.env.example .env` gives a file the service can read."""
    (tmp_path / ".env").write_text(EXAMPLE.read_text())
    assert settings.load() == settings.load(_env_file=None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WEB_PORT", "eighty"),  # not a number
        ("BASE_URL", "freshlegs.example"),  # no scheme: links in mails would lead nowhere
        ("STRAVA_RETENTION_DAYS", "-1"),  # no such time
        ("SMTP_TLS", "maybe"),  # neither of the three
    ],
)
def test_a_wrong_value_is_refused_by_its_key(monkeypatch, name, value):
    """The message names the key, and never repeats the value: it could be a secret."""
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=name) as refusal:
        settings.load()
    assert f"{value!r}" not in str(refusal.value)


def test_a_secret_may_stand_in_a_file(monkeypatch, tmp_path):
    """X_FILE is how containers hand over secrets."""
    (tmp_path / "secret").write_text("s3cret\n")
    monkeypatch.setenv("STRAVA_APP_SECRET_FILE", str(tmp_path / "secret"))
    loaded = settings.load()
    assert loaded.strava_app_secret.get_secret_value() == "s3cret"
    assert "s3cret" not in repr(loaded)


def test_a_secret_file_that_is_not_there_is_named(monkeypatch):
    """Not a silent empty secret."""
    monkeypatch.setenv("SMTP_PASSWORD_FILE", "/nowhere/at/all")
    with pytest.raises(SettingsError, match="SMTP_PASSWORD_FILE"):
        settings.load()


def test_a_shared_database_needs_a_shared_keyring(monkeypatch):
    """Two processes with rings of their own could not read each other's rows."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://db/freshlegs")
    with pytest.raises(SettingsError, match="KEYRING_FILE"):
        settings.load()


def test_without_an_application_nothing_starts():
    """The message says where to find id and secret."""
    with pytest.raises(SettingsError, match="STRAVA_APP_ID"):
        settings.load().require_strava()


def test_only_https_makes_host_cookies():
    """A browser refuses `__Host-` cookies from a plain page."""
    assert not settings.load().secure_cookies
    assert settings.load(base_url="https://freshlegs.example/").secure_cookies


def test_links_never_have_two_slashes():
    """A base address may be given with its slash."""
    assert settings.load(base_url="https://freshlegs.example/").base_url == "https://freshlegs.example"
