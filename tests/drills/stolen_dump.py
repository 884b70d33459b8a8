"""A dump and every log in the wrong hands: not one token, address or cookie can be read from them."""

import base64
import contextlib
import gzip
import itertools
import subprocess
import zlib
from pathlib import Path

import psycopg

from service.backup import save
from service.domain.grant import Tokens
from service.errors import DecryptionError
from service.store import binaries
from service.store.dump import server_version
from service.store.rotation import SEALED
from tests.drills.figure import Figure, none
from tests.drills.ground import Ground, open_ground
from tests.drills.passage import Passage
from tests.drills.size import Size

MARK = "kanarienvogel"
"""No word of ours; every secret of this drill has it in it."""


def drill(size: Size) -> list[Figure]:
    """Nights pass at the finest log level with marked secrets; then all that was written is searched."""
    with open_ground(size.seed, log_level="debug") as ground:
        passage = Passage(ground)
        for role in ("worker", "clock", "web"):
            ground.crew.start(role)
        passage.begin()
        canaries = _plant(ground) + _living(ground)
        for _ in range(size.of(3, 30)):
            passage.step()
        passage.finish()
        dump, logs = _written(ground)
        arguments = _arguments()
        needles = [needle for canary in canaries for needle in spelt(canary)]
        return [
            Figure("canaries", len(canaries), least=100),
            Figure("dump_kb", round(len(dump) / 1024)),
            none("dump_hits", _hits(needles, dump)),
            Figure("log_kb", round(len(logs) / 1024), least=1),
            none("log_hits", _hits(needles, logs)),
            none("argument_hits", _hits(needles, arguments)),
            *_swapped(ground),
        ]


def _plant(ground: Ground) -> list[str]:
    """Athletes whose every secret is marked: tokens, addresses, links, cookies, an admin's factor."""
    now, canaries = ground.clock.now(), []
    with ground.store.transaction() as tx:
        for number in range(20):
            access, refresh, address = (f"{MARK}-{what}-{number}" for what in ("access", "refresh", "a"))
            address = f"{address}@example.org"
            athlete = tx.athletes.connect(10**9 + number, frozenset({"read"}), "UTC", now).id
            tx.tokens.put(athlete, Tokens(access, refresh, now))
            link = tx.addresses.propose(athlete, address, now)
            tx.addresses.confirm(link, now)
            cookie = tx.browsers.start("athlete", athlete, now, 3600, 3600)
            tx.admins.allow(f"login {MARK}-ip-{number}", 5, 3600, now)
            canaries += [access, refresh, address, link, cookie, f"{MARK}-ip-{number}"]
            tx.athletes.disconnect(athlete)  # so that nobody asks Strava with an invented token
            tx.connection.exec_driver_sql(
                "UPDATE athlete SET state = 'needs_reconnect' WHERE id = %s", (athlete,)
            )
        tx.admins.add("ada", "$argon2id$x", "viewer", now)
        tx.admins.set_totp("ada", "KANARIENVOGEL2345KANARIENVOGEL23")
    return [*canaries, "KANARIENVOGEL2345KANARIENVOGEL23"]


def _living(ground: Ground) -> list[str]:
    """The secrets that the stand-in and the processes really use."""
    with ground.store.transaction() as tx:
        tokens = [tx.tokens.get(athlete.id) for athlete in tx.athletes.all()]
    return [
        ground.standin.client_secret,
        *(word for pair in tokens if pair for word in (pair.access_token, pair.refresh_token)),
    ]


def spelt(canary: str) -> list[bytes]:
    """Plain, hexadecimal, and base64 at each of the three places it may begin at."""
    raw = canary.encode()
    shifted = [base64.b64encode(b"\0" * shift + raw)[{0: 0, 1: 2, 2: 3}[shift] : -4] for shift in range(3)]
    return [raw, raw.hex().encode(), raw.hex().upper().encode(), *shifted]


def _written(ground: Ground) -> tuple[bytes, bytes]:
    """The dump as text with everything unpacked, and all that the processes and Postgres have logged."""
    file = save(ground.store, ground.dsn, ground.home / "dump", _journal(ground), ground.clock.now())
    program = binaries.tools(server_version(ground.dsn), "pg_restore") / "pg_restore"
    plain = subprocess.run([program, "--file=-", file], capture_output=True, check=True).stdout
    logs = [ground.home / "processes.log", *ground.home.glob("data/postgres/*.log")]
    text = b"".join(log.read_bytes() for log in logs if log.exists())
    return plain + _unpacked(plain) + file.read_bytes(), text


def _journal(ground: Ground) -> Path:
    (ground.home / "dump").mkdir()
    return ground.home / "data" / "tombstones"


def _unpacked(plain: bytes) -> bytes:
    """Binary columns stand in a dump as hexadecimal: read them, and what is gzip among them."""
    found = []
    for word in itertools.chain.from_iterable(line.split(b"\t") for line in plain.splitlines()):
        if word.startswith(b"\\\\x"):
            raw = bytes.fromhex(word[3:].decode())
            found.append(raw)
            with contextlib.suppress(OSError, EOFError, zlib.error):  # most are ciphertexts
                found.append(gzip.decompress(raw))
    return b"\n".join(found)


def _arguments() -> bytes:
    """What every process of this machine was started with."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(entry.read_bytes())
        except OSError:
            continue
    return b"\n".join(found)


def _hits(needles: list[bytes], text: bytes) -> int:
    return sum(needle in text for needle in needles)


def _swapped(ground: Ground) -> list[Figure]:
    """A ciphertext carried to another row, column or table opens nowhere."""
    columns = [(key, column) for key, sealed in SEALED for column in sealed]
    values = []
    with psycopg.connect(ground.dsn) as connection:
        for key, column in columns:
            table = key.class_.__tablename__
            query = (
                f'SELECT "{key.key}", "{column.key}" FROM "{table}" WHERE "{column.key}" IS NOT NULL LIMIT 5'
            )
            rows = connection.execute(query.encode()).fetchall()
            values += [(table, column.key, row[0], bytes(row[1])) for row in rows]
    opened = tried = 0
    for (table, column, row, _), (_, _, _, sealed) in itertools.permutations(values, 2):
        tried += 1
        try:
            ground.keyring.decrypt(sealed, table=table, column=column, row=row)
            opened += 1
        except DecryptionError:
            continue
    return [Figure("swaps", tried, least=100), none("swaps_opened", opened)]
