"""All settings, read once from the environment and ``.env``, typed, and checked before anything starts.

A secret ``X`` may be given as a file: ``X_FILE=/run/secrets/x``. config/service.env.example documents each.
"""

import os
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from service.errors import SettingsError

ENV_FILE = ".env"
SHORTEST_SECRET = 32
"""Characters. As hexadecimal digits these are 128 bits."""


BOUNCE_ADDRESS = r"^$|^[A-Za-z0-9._-]{1,18}@[A-Za-z0-9.-]+$"
"""Eighteen characters, a plus and the 45 of the token make the 64 that a local part may have (RFC 5321)."""


def _without_slash(url: str) -> str:
    return url.rstrip("/")


Url = Annotated[str, Field(pattern=r"^https?://[^\s/]+"), AfterValidator(_without_slash)]


class Settings(BaseSettings):
    """One attribute a setting; the environment variable has the same name in capitals."""

    model_config = SettingsConfigDict(env_file=ENV_FILE, extra="ignore", hide_input_in_errors=True)

    # Where things are kept
    database_url: SecretStr | None = None
    database_password: SecretStr = SecretStr("")
    data_dir: Path = Path(".data")
    keyring_file: Path | None = None

    # The web
    base_url: Url = "http://127.0.0.1:8000"
    web_host: str = "127.0.0.1"
    web_port: int = Field(default=8000, ge=0, le=65535)
    operator_name: str = "the operator of this freshlegs"
    operator_contact: str = "operator@localhost"
    metrics_token: SecretStr = SecretStr("")
    ping_url: SecretStr = SecretStr("")

    # Strava. Not STRAVA_CLIENT_ID: under that name stravalib would refresh tokens behind our back.
    strava_app_id: str = ""
    strava_app_secret: SecretStr = SecretStr("")
    strava_api_base: Url = "https://www.strava.com/api/v3"
    strava_oauth_base: Url = "https://www.strava.com"
    strava_read_limit_quarter: int = Field(default=100, ge=1)
    strava_read_limit_day: int = Field(default=1000, ge=1)
    strava_retention_days: int = Field(default=7, ge=0)
    webhook_secret: SecretStr = SecretStr("")
    webhook_signature: Literal["off", "observe", "require"] = "observe"
    webhook_signing_key: SecretStr = SecretStr("")

    # Mail
    smtp_host: str = ""
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_username: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_tls: Literal["none", "starttls", "tls"] = "starttls"
    mail_from: str = "freshlegs <freshlegs@localhost>"
    bounce_address: Annotated[str, Field(pattern=BOUNCE_ADDRESS)] = ""

    # Guards
    breaker_percent: float = Field(default=20.0, gt=0, le=100)
    breaker_at_least: int = Field(default=20, ge=1)

    # Running
    worker_concurrency: int = Field(default=4, ge=1, le=32)
    clock_period_s: float = Field(default=20.0, gt=0, le=50)  # beyond, a living clock would look dead
    lease_s: int = Field(default=300, ge=1)
    job_limit_s: float = Field(default=600.0, gt=0)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "columns", "json"] = "auto"

    @model_validator(mode="before")
    @classmethod
    def _read_secret_files(cls, values: dict[str, Any]) -> dict[str, Any]:
        for name in cls.model_fields:
            path = os.environ.get(f"{name.upper()}_FILE")
            if path and not name.endswith("_file"):
                try:
                    values[name] = Path(path).read_text(encoding="utf-8").strip()
                except OSError as error:
                    raise ValueError(f"{name.upper()}_FILE: {error.strerror or 'cannot be read'}") from None
        return values

    @model_validator(mode="after")
    def _need_a_shared_keyring(self) -> "Settings":
        if self.database_url is not None and self.keyring_file is None:
            raise ValueError(
                "KEYRING_FILE: with DATABASE_URL several processes share one database, so they must share "
                "one keyring: create it once with `freshlegs keyring PATH` and point every process at it"
            )
        return self

    @model_validator(mode="after")
    def _need_a_hard_path(self) -> "Settings":
        secret = self.webhook_secret.get_secret_value()
        if secret and not (len(secret) >= SHORTEST_SECRET and secret.isascii() and secret.isalnum()):
            raise ValueError(
                "WEBHOOK_SECRET: take 32 letters and digits or more (`openssl rand -hex 32`), or none"
            )
        if self.webhook_signature == "require" and not self.webhook_signing_key.get_secret_value():
            raise ValueError("WEBHOOK_SIGNING_KEY: without it no signature can be checked")
        return self

    @property
    def keyring_path(self) -> Path:
        return self.keyring_file or self.data_dir / "keyring"

    @property
    def dsn(self) -> str | None:
        """``DATABASE_URL`` with the password of ``DATABASE_PASSWORD``, if that is kept apart."""
        if self.database_url is None:
            return None
        url, word = self.database_url.get_secret_value(), self.database_password.get_secret_value()
        parts = urlsplit(url)
        account, _, host = parts.netloc.rpartition("@")
        user = account.partition(":")[0]
        return parts._replace(netloc=f"{user}:{quote(word, safe='')}@{host}").geturl() if word else url

    @property
    def secure_cookies(self) -> bool:
        """Only a page served over https may set ``__Host-`` cookies."""
        return self.base_url.startswith("https://")

    def require_strava(self) -> None:
        """Raise ``SettingsError`` unless the Strava application is configured."""
        if not self.strava_app_id or not self.strava_app_secret.get_secret_value():
            raise SettingsError(
                "STRAVA_APP_ID and STRAVA_APP_SECRET are not set: take both from your Strava API "
                "application's page and put them into .env (see config/service.env.example)"
            )


def load(**given: Any) -> Settings:
    """The settings; ``given`` overrides the environment. Raises ``SettingsError`` naming each bad key."""
    try:
        return Settings(**given)
    except ValidationError as error:
        problems = []
        for problem in error.errors(include_url=False, include_input=False, include_context=False):
            key = ".".join(str(part) for part in problem["loc"]).upper()
            message = problem["msg"].removeprefix("Value error, ")
            problems.append(f"{key}: {message}" if key else message)
        raise SettingsError(f"settings cannot be used: {'; '.join(problems)}") from None
