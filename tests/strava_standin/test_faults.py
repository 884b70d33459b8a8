"""Scripted trouble strikes where and as often as it was told to."""

import gzip
import time

import httpx
import pytest

from tests.strava_standin.control import CLIENT_ID, CLIENT_SECRET, Standin, StandinError


def get(standin: Standin, path: str = "/athlete", timeout: float | httpx.Timeout = 60) -> httpx.Response:
    headers = {"Authorization": f"Bearer {standin.grant(7000001)['access_token']}"}
    return httpx.get(f"{standin.api_base}{path}", headers=headers, timeout=timeout)


def renew(standin: Standin, refresh_token: str) -> httpx.Response:
    sent = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "grant_type": "refresh_token"}
    return httpx.post(f"{standin.url}/oauth/token", data=sent | {"refresh_token": refresh_token})


def test_a_fault_strikes_the_numbered_calls_only(standin: Standin) -> None:
    """The second and the third, on that path and no other."""
    standin.fault(path="/athlete/zones", calls=[2, 3], status=503)
    assert [get(standin, "/athlete/zones").status_code for _ in range(4)] == [200, 503, 503, 200]
    assert get(standin).status_code == 200
    assert [(fault["matched"], fault["struck"]) for fault in standin.faults()] == [(4, 2)]
    assert [entry["status"] for entry in standin.ledger(path="zones")] == [200, 503, 503, 200]


def test_chance_is_seeded_and_bounded(standin: Standin) -> None:
    """The same calls fail after every reset, and never more than ``times``."""
    seen = []
    for _ in range(2):
        standin.reset(athletes=["steady"])
        standin.fault(chance=0.5, times=3, status=500)
        seen.append([get(standin).status_code for _ in range(12)])
    assert seen[0] == seen[1]
    assert seen[0].count(500) == 3


def test_an_answer_may_lie_about_itself(standin: Standin) -> None:
    """An HTML page that calls itself JSON."""
    standin.fault(calls=[1], status=200, body="<html>Down for maintenance</html>")
    answer = get(standin)
    assert answer.headers["content-type"].startswith("application/json")
    with pytest.raises(ValueError, match="Expecting value"):
        answer.json()


@pytest.mark.parametrize("drop", ["before", "middle", "after"])
def test_a_dropped_connection_is_a_transport_error(standin: Standin, drop: str) -> None:
    """No status, no end of body; the next call works again."""
    standin.fault(calls=[1], drop=drop)
    with pytest.raises(httpx.TransportError):
        get(standin, "/athlete/activities")
    assert get(standin).status_code == 200


def test_a_lost_answer_was_still_carried_out(standin: Standin) -> None:
    """The token rotated, nobody learnt the new one, the old one is dead: only new consent helps."""
    first = standin.grant(7000001)
    standin.advance(5.5 * 3600)
    standin.fault(path="/oauth/token", calls=[1], drop="after")
    with pytest.raises(httpx.TransportError):
        renew(standin, first["refresh_token"])
    assert standin.counters()["refresh_rotated"] == 1
    assert renew(standin, first["refresh_token"]).status_code == 400
    assert standin.counters()["refresh_reuse"] == 1


def test_a_call_dropped_before_changed_nothing(standin: Standin) -> None:
    """The same trouble to look at, but a retry is safe."""
    first = standin.grant(7000001)
    standin.advance(5.5 * 3600)
    standin.fault(path="/oauth/token", calls=[1], drop="before")
    with pytest.raises(httpx.TransportError):
        renew(standin, first["refresh_token"])
    assert renew(standin, first["refresh_token"]).status_code == 200
    assert [entry["status"] for entry in standin.ledger()] == [0, 200]


def test_a_late_answer_runs_into_the_clients_timeout(standin: Standin) -> None:
    """Late, and only that call."""
    standin.fault(calls=[1], delay=100)
    begun = time.monotonic()
    with pytest.raises(httpx.ReadTimeout):
        get(standin, timeout=httpx.Timeout(60, read=0.1))
    assert time.monotonic() - begun < 60
    standin.clear_faults()
    assert get(standin).status_code == 200


def test_a_drip_comes_byte_by_byte(standin: Standin) -> None:
    """Whole in the end if one has the patience."""
    body = get(standin).content
    standin.fault(calls=[1], drip=len(body) / 0.4)
    begun = time.monotonic()
    assert get(standin).content == body
    assert time.monotonic() - begun > 0.3


def test_nobody_need_wait_for_the_end_of_a_drip(standin: Standin) -> None:
    """At a byte a second a list takes days; who hangs up leaves nothing behind that hinders the next."""
    standin.fault(calls=[1], drip=1)
    begun = time.monotonic()
    headers = {"Authorization": f"Bearer {standin.grant(7000001)['access_token']}"}
    with httpx.stream("GET", f"{standin.api_base}/athlete/activities", headers=headers) as answer:
        assert next(answer.iter_raw()) == b"["
    assert time.monotonic() - begun < 60
    assert get(standin).status_code == 200


@pytest.mark.parametrize("size", [1_000_000, 10_000_000])
def test_a_large_answer_is_still_json(standin: Standin, size: int) -> None:
    """Padded with blanks: what a client refuses, it refuses for its size."""
    small = get(standin).json()
    standin.fault(calls=[1], size=size)
    answer = get(standin)
    assert len(answer.content) == int(answer.headers["content-length"]) == size
    assert answer.json() == small


def test_a_packed_answer_may_be_cut(standin: Standin) -> None:
    """Whole it unpacks to the answer; truncated it does not unpack."""
    plain = get(standin).content
    standin.fault(calls=[1], gzip="whole")
    answer = get(standin)
    assert (answer.headers["content-encoding"], answer.content) == ("gzip", plain)
    standin.clear_faults()
    standin.fault(calls=[1], gzip="truncated")
    headers = {"Authorization": f"Bearer {standin.grant(7000001)['access_token']}"}
    with httpx.stream("GET", f"{standin.api_base}/athlete", headers=headers) as cut:
        packed = b"".join(cut.iter_raw())
    with pytest.raises(EOFError):
        gzip.decompress(packed)


def test_headers_of_a_true_answer_can_be_changed(standin: Standin) -> None:
    """Another spelling, the empty pair of recorded POSTs, or none at all."""
    was = get(standin)
    changes = {"X-ReadRateLimit-Usage": ",", "X-Ratelimit-Limit": None, "Via": "1.1 edge (CloudFront)"}
    standin.fault(calls=[1], headers=changes)
    answer = get(standin)
    assert answer.json() == was.json()
    assert answer.headers["x-readratelimit-usage"] == ","
    assert answer.headers["via"].endswith("(CloudFront)")
    assert set(was.headers) - set(answer.headers) == {"x-ratelimit-limit"}


@pytest.mark.parametrize("given", [{"drop": "sometimes"}, {"stat": 500}, {"gzip": "half"}])
def test_unknown_trouble_is_refused(standin: Standin, given: dict) -> None:
    """A slip of the pen must not mean "no fault"."""
    with pytest.raises(StandinError, match="400"):
        standin.fault(**given)
