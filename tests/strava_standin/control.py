"""The stand-in as a Python object: starts the program, moves its clock, asks for its truth and its ledger."""

import json
import select
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from .rows import CANARIES
from .world import CLIENT_ID, CLIENT_SECRET

__all__ = ["CANARIES", "CLIENT_ID", "CLIENT_SECRET", "Standin", "StandinError"]
TOP = Path(__file__).resolve().parents[len(__package__.split(".")) if __package__ else 1]
STARTS_WITHIN_S = 20.0


class StandinError(Exception):
    """The program did not start, or a control request was refused; the message says which."""


def _iso(moment: datetime | date | str) -> str:
    return moment if isinstance(moment, str) else moment.isoformat()


class Standin:
    """A running stand-in. Use ``Standin.start(…)`` as a context manager, or give the ``url`` of one."""

    client_id = CLIENT_ID
    client_secret = CLIENT_SECRET

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    @property
    def api_base(self) -> str:
        """What stands in for ``https://www.strava.com/api/v3``."""
        return f"{self.url}/api/v3"

    @classmethod
    @contextmanager
    def start(
        cls,
        *,
        now: datetime | str = "2026-03-01T00:00:00Z",
        seed: int = 7,
        port: int = 0,
        athletes: Sequence[str] | None = None,
        athlete_from: Sequence[str | Path] = (),
        arguments: Sequence[str] = (),
    ) -> Iterator["Standin"]:
        """Start the program; at the end of the block it is gone, and it dies with this process too.

        ``arguments`` are further command-line options. Raises ``StandinError`` with what it printed.
        """
        command = [sys.executable, "-m", __package__ or "strava_standin", "--stop-with-stdin"]
        command += ["--port", str(port), "--now", _iso(now), "--seed", str(seed), *arguments]
        if athletes is not None:
            command += ["--athletes", ",".join(athletes)]
        for file in athlete_from:
            command += ["--athlete-from", str(Path(file).resolve())]
        with tempfile.TemporaryFile() as complaints:
            process = subprocess.Popen(
                command, cwd=TOP, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=complaints
            )
            try:
                yield cls(_announced(process, complaints))
            finally:
                _end(process)

    def reset(
        self,
        seed: int | None = None,
        now: datetime | str | None = None,
        athletes: Sequence[str | dict[str, Any]] | None = None,
        **settings: Any,
    ) -> None:
        """A new world: ``athletes`` are kinds or objects (kind, id, zone, seed, onset, recording).

        Other settings: onset, history_days, future_days, overall_limit, read_limit, short_pages, running,
        athlete_cap, recordings, client_id, client_secret, callback_domains. What is not given is as at
        the start.
        """
        given = {"seed": seed, "now": now, "athletes": athletes, **settings}
        sent = {name: _iso(v) if isinstance(v, date) else v for name, v in given.items() if v is not None}
        if athletes is not None:
            sent["athletes"] = list(athletes)
        self._call("POST", "reset", sent)

    def now(self) -> datetime:
        return datetime.fromisoformat(self._call("GET", "clock")["now"])

    def set_now(self, moment: datetime | str) -> datetime:
        """Move the clock to ``moment``; returns it."""
        return datetime.fromisoformat(self._call("POST", "clock", {"set": _iso(moment)})["now"])

    def advance(self, seconds: float) -> datetime:
        """Move the clock on; returns the new time."""
        return datetime.fromisoformat(self._call("POST", "clock", {"advance": seconds})["now"])

    def ledger(self, since: int = 0, athlete: int | None = None, path: str = "") -> list[dict[str, Any]]:
        """Requests as ``number, time, method, path, query, athlete, counted, status``, oldest first."""
        query = {"since": since, "path": path} | ({} if athlete is None else {"athlete": athlete})
        return list(self._call("GET", f"ledger?{urlencode(query)}"))

    def totals(self) -> dict[str, Any]:
        """``requests``, ``counted``, ``by_status``, ``counted_by_athlete`` of the ledger."""
        return dict(self._call("GET", "ledger/totals"))

    def clear_ledger(self) -> None:
        self._call("DELETE", "ledger")

    def counters(self) -> dict[str, int]:
        """Events: ``refresh_rotated``, ``refresh_reuse``, ``unauthorized``, ``too_many`` …; absent = 0."""
        return dict(self._call("GET", "counters"))

    def limits(self, **pairs: tuple[int, int]) -> dict[str, list[int]]:
        """Read, or change with ``overall_limit=(quarter, day)`` and ``read_limit=(quarter, day)``."""
        return dict(self._call("POST", "limits", pairs) if pairs else self._call("GET", "limits"))

    def fault(self, **given: Any) -> None:
        """Script trouble: path, method, calls or chance, times; delay, drop or status (body); and how the
        answer travels: headers, size, gzip, drip.

        ``fault(path="/oauth/token", calls=[2], drop="after")`` loses the answer of the second token call.
        """
        self._call("POST", "faults", given)

    def faults(self) -> list[dict[str, Any]]:
        """What is scripted, with ``matched`` and ``struck``."""
        return list(self._call("GET", "faults"))

    def clear_faults(self) -> None:
        self._call("DELETE", "faults")

    def athletes(self) -> list[dict[str, Any]]:
        """Each: id, kind, zone, onset, truth, deserves, causes, trouble_from, trouble_until, connected."""
        return list(self._call("GET", "athletes"))

    def athlete(self, kind: str) -> dict[str, Any]:
        """The first athlete of that kind. Raises ``StandinError``."""
        found = [athlete for athlete in self.athletes() if athlete["kind"] == kind]
        if not found:
            raise StandinError(f"no athlete of kind {kind} here")
        return found[0]

    def checkins(
        self, athlete: int, first: date | str, last: date | str | None = None
    ) -> list[dict[str, Any]]:
        """The answers this athlete gives on those mornings; unanswered mornings are left out."""
        query = urlencode({"from": _iso(first), "until": _iso(last or first)})
        return [
            given for given in self._call("GET", f"athletes/{athlete}/checkins?{query}") if given is not None
        ]

    def checkin(self, athlete: int, day: date | str) -> dict[str, Any] | None:
        """The answers of one morning, ``None`` if the athlete does not answer."""
        answers = self.checkins(athlete, day)
        return answers[0] if answers else None

    def activities(self, athlete: int) -> list[dict[str, Any]]:
        """Every row visible now, newest first, private ones too."""
        return list(self._call("GET", f"athletes/{athlete}/activities"))

    def insert(self, athlete: int, **fields: Any) -> dict[str, Any]:
        """Add an activity; any field of a row, and ``visible_from`` (ISO). Returns the whole row."""
        return dict(self._call("POST", f"athletes/{athlete}/activities", fields))

    def edit(self, activity: int, **fields: Any) -> dict[str, Any]:
        return dict(self._call("POST", f"activities/{activity}", fields))

    def hide(self, activity: int) -> dict[str, Any]:
        """Make it "Only You"."""
        return self.edit(activity, private=True, visibility="only_me")

    def delete(self, activity: int) -> None:
        self._call("DELETE", f"activities/{activity}")

    def grant(self, athlete: int, scopes: Sequence[str] | None = None) -> dict[str, Any]:
        """Tokens without the pages: the body of a token answer."""
        return dict(
            self._call("POST", f"athletes/{athlete}/grant", {"scopes": list(scopes)} if scopes else {})
        )

    def code(self, athlete: int, scopes: Sequence[str] | None = None) -> dict[str, str]:
        """An authorisation code without the page: ``code`` and ``scope`` as the redirect would carry them."""
        given = {"code": True} | ({"scopes": list(scopes)} if scopes else {})
        return dict(self._call("POST", f"athletes/{athlete}/grant", given))

    def revoke(self, athlete: int, form: str = "update") -> bool:
        """The athlete withdraws the grant at Strava. False if there was none. ``form`` of the event: as
        documented (``update``), or ``delete``, which has been seen too."""
        return bool(self._call("POST", f"athletes/{athlete}/revoke", {"form": form})["revoked"])

    def mishaps(self, **given: Any) -> None:
        """How events travel: lost, doubled, late, late_s, shuffled, signature, key, unreadable_s,
        streams_empty_s."""
        self._call("POST", "webhooks", given)

    def deliveries(self) -> list[dict[str, Any]]:
        """Every event posted or waiting: number, event, due, tries, status, state, seconds."""
        return list(self._call("GET", "webhooks"))

    def deliver(self, *events: dict[str, Any]) -> dict[str, int]:
        """Post what is due by the stand-in's clock, and before it ``events`` just as they are (forged, say).

        Returns how many are waiting (for their time or their next try), done and given_up.
        """
        return dict(self._call("POST", "webhooks/deliver", {"events": list(events)}))

    def _call(self, method: str, path: str, given: dict[str, Any] | None = None) -> Any:
        body = None if given is None else json.dumps(given).encode()
        request = urllib.request.Request(f"{self.url}/__control/{path}", data=body, method=method)
        request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise StandinError(f"{method} {path}: {error.code} {error.read().decode()}") from error


def _announced(process: "subprocess.Popen[bytes]", complaints: Any) -> str:
    """The address from the line ``STANDIN http://…``."""
    assert process.stdout is not None
    deadline = time.monotonic() + STARTS_WITHIN_S
    ready, _, _ = select.select([process.stdout], [], [], deadline - time.monotonic())
    line = process.stdout.readline().decode() if ready else ""
    if not line.startswith("STANDIN "):
        complaints.seek(0)
        raise StandinError(f"the stand-in did not start: {complaints.read().decode()[-2000:] or 'no answer'}")
    return line.split()[1]


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Ask, wait two seconds, kill; either way nothing is left."""
    process.terminate()
    try:
        process.wait(timeout=2)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
