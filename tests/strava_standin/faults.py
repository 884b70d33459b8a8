"""Scripted trouble: answers that are wrong, late, cut short or never arrive, by call number or by chance.

A fault stands outside the whole application, so it can also lose the answer of a call that was carried
out: the case in which a rotated refresh token never reaches its owner.
"""

import asyncio
import gzip
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from random import Random
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

DROPS = ("", "before", "middle", "after")
GZIPS = ("", "whole", "truncated")
JSON = {"Content-Type": "application/json; charset=utf-8"}
DRIPS_A_SECOND = 20


@dataclass
class Fault:
    """One kind of trouble. It strikes matching calls: those numbered in ``calls`` (from 1), or by ``chance``.

    ``drop`` cuts the connection ``before`` the call is carried out, in the ``middle`` of the answer, or
    ``after`` it was carried out and before anything is answered. ``status`` answers instead of the
    application; ``delay`` (seconds) comes before either, or alone.

    How the answer travels, be it the application's or ours: ``headers`` replace those of the same name
    (``None`` takes one away), ``size`` pads the body with blanks to so many bytes (JSON stays JSON), ``gzip``
    packs it, ``truncated`` after the first half, and ``drip`` sends so many bytes a second.
    """

    path: str = ""
    method: str = ""
    calls: list[int] = field(default_factory=list)
    chance: float = 0.0
    times: int = 1_000_000
    delay: float = 0.0
    drop: str = ""
    status: int = 0
    body: str = '{"message":"error","errors":[]}'
    headers: dict[str, str | None] = field(default_factory=dict)
    size: int = 0
    gzip: str = ""
    drip: float = 0.0
    matched: int = 0
    struck: int = 0

    def __post_init__(self) -> None:
        if self.drop not in DROPS:
            raise ValueError(f"drop is one of before, middle, after; not {self.drop!r}")
        if self.gzip not in GZIPS:
            raise ValueError(f"gzip is one of whole, truncated; not {self.gzip!r}")

    def strikes(self, method: str, path: str, rng: Random) -> bool:
        """Count a call and say whether it is one of those."""
        if self.path not in path or self.method not in ("", method) or self.struck >= self.times:
            return False
        self.matched += 1
        hit = self.matched in self.calls if self.calls else rng.random() < self.chance
        self.struck += hit
        return hit


class Faults:
    """All scripted trouble of one world; the first that strikes is the one."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(f"faults:{seed}")
        self.scripted: list[Fault] = []

    def add(self, given: dict[str, Any]) -> None:
        """Raises ``ValueError`` for an unknown field."""
        unknown = set(given) - set(Fault.__dataclass_fields__)
        if unknown:
            raise ValueError(f"unknown: {', '.join(unknown)}; known: {', '.join(Fault.__dataclass_fields__)}")
        self.scripted.append(Fault(**given))

    def pick(self, method: str, path: str) -> Fault | None:
        return next((fault for fault in self.scripted if fault.strikes(method, path, self.rng)), None)

    def described(self) -> list[dict[str, Any]]:
        return [asdict(fault) for fault in self.scripted]


class Faulty:
    """The outermost layer. ``state`` is the application's, where the present world is."""

    def __init__(self, app: ASGIApp, state: Any) -> None:
        self.app, self.state = app, state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        fault = None
        if scope["type"] == "http" and not scope["path"].startswith("/__control"):
            fault = self.state.world.faults.pick(scope["method"], scope["path"])
        if fault is None:
            await self.app(scope, receive, send)
            return
        await asyncio.sleep(fault.delay)
        if fault.drop == "before" or fault.status:
            self._note(scope, fault.status)
            await (_cut(send) if fault.drop else _answer(fault, _Altering(send, fault)))
        elif fault.drop:
            await self.app(scope, receive, _Cutting(send, halfway=fault.drop == "middle"))
        else:
            await self.app(scope, receive, _Altering(send, fault))

    def _note(self, scope: Scope, status: int) -> None:
        """What never reached the application is in the ledger too; status 0 = no answer."""
        world = self.state.world
        world.note(scope["method"], scope["path"], scope["query_string"].decode(), status, {})


class _Cutting:
    """Sends nothing of an answer, or half of its body, and then cuts the connection."""

    def __init__(self, send: Send, *, halfway: bool) -> None:
        self.send, self.halfway = send, halfway

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            if self.halfway:
                await self.send(message)
            return
        body = message.get("body", b"")
        if self.halfway:
            await self.send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
            await asyncio.sleep(0.02)  # a reset would overtake bytes that are still on their way
        await _cut(self.send)


class _Altering:
    """Collects an answer and sends it on with other headers, larger, packed or slowly."""

    def __init__(self, send: Send, fault: Fault) -> None:
        self.send, self.fault = send, fault
        self.start: Message = {}
        self.body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
            return
        self.body += message.get("body", b"")
        if not message.get("more_body"):
            await self._send_all()

    async def _send_all(self) -> None:
        body, changed = self.body.ljust(self.fault.size), dict(self.fault.headers)
        if self.fault.gzip:
            packed = gzip.compress(body, mtime=0)
            body = packed[: len(packed) // 2] if self.fault.gzip == "truncated" else packed
            changed["Content-Encoding"] = "gzip"
        changed["Content-Length"] = str(len(body))
        replaced = {name.lower().encode() for name in changed}
        kept = [(name, value) for name, value in self.start["headers"] if name.lower() not in replaced]
        added = [(name.encode(), value.encode()) for name, value in changed.items() if value is not None]
        await self.send({**self.start, "headers": [*kept, *added]})
        for part in self._parts(body):
            await self.send({"type": "http.response.body", "body": part, "more_body": True})
            await asyncio.sleep(len(part) / self.fault.drip)
            if getattr(getattr(self.send, "__self__", None), "disconnected", False):
                return  # the caller has had enough
        await self.send({"type": "http.response.body", "body": b"" if self.fault.drip else body})

    def _parts(self, body: bytes) -> Iterator[bytes]:
        if self.fault.drip:
            step = max(1, round(self.fault.drip / DRIPS_A_SECOND))
            yield from (body[start : start + step] for start in range(0, len(body), step))


async def _answer(fault: Fault, send: Send) -> None:
    headers = [(name.encode(), value.encode()) for name, value in JSON.items()]
    await send({"type": "http.response.start", "status": fault.status, "headers": headers})
    await send({"type": "http.response.body", "body": fault.body.encode()})


async def _cut(send: Send) -> None:
    """Reset the connection. ASGI has no word for it, so this reaches for uvicorn's transport."""
    cycle = getattr(send, "__self__", None)
    if cycle is None:
        raise RuntimeError("dropping connections needs uvicorn")
    cycle.transport.abort()
    await asyncio.sleep(0.01)  # until uvicorn has noticed, or it would complain of a missing answer
