"""A visitor who puts texts into everything that takes one, and keeps what does not look right."""

import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import cycle
from typing import Any
from urllib.parse import quote

import httpx

from service.jobs.intake import path_secret
from service.web.session import DAY_S
from tests.archive.samples import table, wide_row
from tests.drills.ground import Ground
from tests.drills.page_text import Form, PageText
from tests.drills.payloads import MARK, SLEEP_S
from tests.posts import SUBSCRIPTION, event

LONG_S = 90 * DAY_S
"""No drill outlives a session."""
ANSWERS_WITHIN_S = 30.0
ENDING = ("/logout", "/disconnect", "/admin/logout", "/archive")
"""Forms that end the visit, and the one with a door of its own here."""
ELSEWHERE = ("//", "/\\", "http://evil", "https://evil")
PATHS = (
    "/{}", "/nights/{}", "/reply/{}", "/static/{}", "/unsubscribe/{}", "/webhook/{}", "/admin/{}",
    "/admin/athletes/{}", "/oauth/{}",
)  # fmt: skip
QUERIES = (
    "/oauth/callback?state={}", "/oauth/callback?error={}", "/oauth/callback?state=x&code={}&scope={}",
    "/address/confirm?token={}", "/admin/logbook?event={}", "/admin/logbook?athlete={}",
    "/admin/logbook?level={}", "/admin/nights?night={}", "/admin/nights?before={}", "/admin/mails?after={}",
    "/status?saved={}", "/preferences?saved={}", "/checkin?t={}", "/reply/2026-03-02?t={}&felt={}", "/?{}={}",
    "/admin/login?next={}",
)  # fmt: skip
HEADERS = (
    "User-Agent", "Referer", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Request-ID",
    "Accept-Language", "Cookie", "Origin", "X-Strava-Signature", "Forwarded",
)  # fmt: skip


class Knocks:
    """One browser with ``cookies``. Counts what it ``asked``, answers that were ``slow`` and headers that a
    text has ``injected``; lists the ``broken`` answers, elements come ``alive``, paths ``showing`` a text."""

    def __init__(self, ground: Ground, cookies: Mapping[str, str]) -> None:
        self._ground = ground
        self.cookies = dict(cookies)
        self._client = httpx.Client(
            base_url=ground.web, timeout=ANSWERS_WITHIN_S, trust_env=False, headers={"Cookie": self._cookie}
        )
        self.asked = self.slow = self.injected = 0
        self.broken: list[str] = []
        self.alive: list[str] = []
        self.showing: list[str] = []

    @property
    def _cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def ask(self, method: str, path: str, **given: Any) -> httpx.Response:
        """One request, and a look at its answer."""
        answer = self._client.request(method, path, **given)
        self.asked += 1
        self.slow += answer.elapsed.total_seconds() > SLEEP_S / 2
        if answer.status_code >= 500:
            self.broken.append(f"{answer.status_code} {method} {path} {given}")
        for name, value in answer.headers.multi_items():
            self.injected += MARK in name.lower() or (name == "set-cookie" and MARK in value)
            self.injected += name == "location" and value.startswith(ELSEWHERE)
        if _is_page(answer):
            self.alive += [f"{method} {path}: {each}" for each in PageText(answer.text).alive]
            if MARK in answer.text and method == "GET" and len(self.showing) < 60:
                self.showing.append(path)
        return answer

    def forms(self, texts: Sequence[str], pages: Sequence[str], *, each: int) -> int:
        """Every text by ``each`` of the fields, one after the other; the number of fields."""
        fields = list(self._fields(pages))
        turn = cycle(fields)
        for text in texts:
            for _ in range(min(each, len(fields))):
                form, name = next(turn)
                self._send(form, {name: text})
        return len(fields)

    def _fields(self, pages: Sequence[str]) -> Iterator[tuple[Form, str]]:
        seen = set()
        for page in (*pages, "/admin/login"):
            answer = self.ask("GET", page)
            for form in PageText(answer.text).forms if _is_page(answer) else ():
                action = form.action.split("?")[0]
                if action in ENDING:
                    continue
                for name in form.open or ["unknown"]:
                    if (action, name) not in seen:
                        seen.add((action, name))
                        yield form, name

    def _send(self, form: Form, changes: Mapping[str, str]) -> None:
        values = {**form.values, **changes}
        if form.method == "GET":
            self.ask("GET", form.action, params=values)
        else:
            self.ask("POST", form.action, data=values)

    def addresses(self, texts: Sequence[str], *, each: int) -> None:
        """Every text as a piece of a path, as a query and as a header."""
        doors = list(PATHS), list(QUERIES), list(HEADERS)
        paths, queries, headers = map(cycle, doors)
        for text in texts:
            piece = quote(text, safe="")
            for _ in range(min(each, len(PATHS))):
                self.ask("GET", next(paths).replace("{}", piece))
            for _ in range(min(each, len(QUERIES))):
                self.ask("GET", next(queries).replace("{}", piece))
            for _ in range(min(each, len(HEADERS))):
                name = next(headers)
                value = "".join(sign for sign in text if sign >= " ").encode()  # no client sends more
                given = f"{self._cookie}; x=".encode() + value if name == "Cookie" else value
                self.ask("GET", "/status", headers={name: given.strip()})

    def events(self, texts: Sequence[str]) -> None:
        """Every text as a word of an event, to the true path."""
        path = f"/webhook/{path_secret('', self._ground.keyring)}"
        with self._ground.store.transaction() as tx:
            tx.subscription.made(SUBSCRIPTION, self._ground.clock.now() + timedelta(days=3650))
        owner = self._ground.standin.athletes()[0]["id"]
        for n, text in enumerate(texts):
            odd: list[dict[str, Any]] = [
                {"updates": {text: text}},
                {"aspect_type": text},
                {"object_type": text},
                {"updates": {"title": text, "type": text, "private": text}},
                {text: text},
                {"object_id": text},
            ]
            self.ask("POST", path, json=event(4 * 10**9 + n, owner=owner) | odd[n % len(odd)])

    def strava(self, texts: Sequence[str]) -> None:
        """Every text as one of the words of a session at Strava, a session a minute."""
        words = ("name", "sport_type", "type", "timezone", "device_name", "external_id", "visibility")
        athletes = [athlete["id"] for athlete in self._ground.standin.athletes()]
        now = self._ground.clock.now()
        for n, text in enumerate(texts[: 150 * len(athletes)]):
            self._ground.standin.insert(
                athletes[n % len(athletes)],
                start_date=(now - timedelta(minutes=n + 60)).isoformat(),
                **{words[n % len(words)]: text},
            )

    def archive(self, texts: Sequence[str]) -> None:
        """Every text as a cell of the table in an athlete's own archive, and as the name of a file in it."""
        columns = ("Activity Name", "Activity Type", "Filename", "Activity Gear", "Activity Date", "Type")
        rows = [wide_row(n, **{columns[n % len(columns)]: text}) for n, text in enumerate(texts)]
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("activities.csv", table(*rows))
            for n, text in enumerate(texts[::7]):
                archive.writestr(f"activities/{n}-{text.replace(chr(0), '')[:120]}.gpx", b"<gpx/>")
        form = next(
            form for form in PageText(self.ask("GET", "/status").text).forms if form.action == "/archive"
        )
        files = {"file": ("export.zip", packed.getvalue(), "application/zip")}
        self.ask("POST", "/archive", data={"csrf": form.values["csrf"]}, files=files)


def an_admin(ground: Ground, role: str) -> dict[str, str]:
    """The cookie of an admin who has logged in."""
    now = ground.clock.now()
    with ground.store.transaction() as tx:
        tx.admins.add("ada", "no hash", role, now)
        ada = tx.admins.by_name("ada")
        assert ada is not None
        return {"freshlegs-admin": tx.browsers.start("admin", ada.id, now, idle_s=LONG_S, absolute_s=LONG_S)}


def _is_page(answer: httpx.Response) -> bool:
    """Not an export: whatever stands in it is a text."""
    return answer.headers.get("content-type", "").startswith("text/html")
