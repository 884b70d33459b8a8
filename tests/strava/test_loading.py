"""stravalib comes late, and what it does to a process on import is undone."""

import logging
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
import requests
from stravalib import exc

from service.strava.loading import open_protocol, undisturbed


def import_stravalib_again() -> None:
    """Runs the very lines that do the harm."""
    exec(compile(Path(exc.__file__).read_text(), exc.__file__, "exec"), {"__name__": "again"})


def test_nothing_of_ours_imports_stravalib_before_it_is_needed() -> None:
    """It costs most of a second, which the page that starts a consent need not pay."""
    program = "import sys, service.strava.oauth, service.strava.client; print('stravalib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20)

    assert (done.stdout, done.stderr) == ("False\n", "")


def test_warnings_stay_as_they_were() -> None:
    """Its import turns all warnings on and sends them to the log: without us, and not with us."""
    before = list(warnings.filters), warnings.showwarning
    with warnings.catch_warnings():
        import_stravalib_again()
        assert before[0] != warnings.filters
        assert warnings.showwarning.__module__ == "logging"
    logging.captureWarnings(False)

    with undisturbed():
        import_stravalib_again()

    assert before == (list(warnings.filters), warnings.showwarning)


def test_who_had_warnings_logged_keeps_them_logged() -> None:
    """The undoing does not undo others."""
    logging.captureWarnings(True)
    try:
        with undisturbed():
            import_stravalib_again()
        assert warnings.showwarning.__module__ == "logging"
    finally:
        logging.captureWarnings(False)


def test_it_cannot_renew_tokens_whatever_the_environment_holds(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Found under its own names, it would renew inside any call, race, and drop the new token."""
    monkeypatch.setenv("STRAVA_CLIENT_ID", "4711")
    monkeypatch.setenv("STRAVA_CLIENT_SECRET", "canary")
    protocol = open_protocol("token", requests.Session(), lambda headers: None)

    assert (protocol.client_id, protocol.client_secret) == (None, None)
    assert caplog.records == []
