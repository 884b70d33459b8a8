"""A thousand mutated archives: no crash, no hang, and memory stays small."""

import gzip
import multiprocessing
import random
import re
import struct
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from fitdecode import utils

from service.archive.found import Found
from service.archive.reader import Request, read
from tests.archive.samples import SHARED, export, fit_run, gpx, table, tcx, wide_row
from tests.drills.figure import Figure, none
from tests.drills.size import Size

MOST_MIB = 300
HANG_S = 10.0
SMALL = 60_000


def drill(size: Size) -> list[Figure]:
    """Bits flipped, ends cut, pieces swapped, doubled and overwritten, of every kind of file."""
    spawning = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawning) as apart:  # what other drills have held is not counted
        return apart.submit(_fuzz, size).result()


def _fuzz(size: Size) -> list[Figure]:
    chance = random.Random(size.seed)
    crashes = hangs = files = sessions = 0
    slowest = 0.0
    with tempfile.TemporaryDirectory(prefix="freshlegs-fuzz-") as folder:
        originals = _originals(Path(folder))
        target = Path(folder) / "mutated"
        for _ in range(size.of(1_000, 20_000)):
            name, data = chance.choice(originals)
            path = target.with_name(f"m{name}")
            path.write_bytes(_sealed(_mutated(data, chance), chance))
            began = time.monotonic()
            try:
                outcomes = list(read(Request((path,), processes=1)))
                sessions += sum(len(each.activities) for each in outcomes if isinstance(each, Found))
            except Exception as error:
                crashes += 1
                print(f"  {name}: {type(error).__name__}: {error}", flush=True)
            took = time.monotonic() - began
            hangs += took > HANG_S
            slowest = max(slowest, took)
            files += 1
            path.unlink()
    status = Path("/proc/self/status").read_text()  # a child's ``ru_maxrss`` begins at its parent's
    [peak_kib] = re.findall(r"VmHWM:\s+(\d+) kB", status)
    return [
        Figure("files", files, least=1_000),
        none("crashes", crashes),
        none("hangs", hangs),
        Figure("sessions", sessions, least=1),
        Figure("slowest_s", round(slowest, 2)),
        Figure("mib", round(int(peak_kib) / 1024), most=MOST_MIB),
    ]


def _originals(folder: Path) -> list[tuple[str, bytes]]:
    """Synthetic ones of every kind; the small real ones too where they are there."""
    made = [
        ("a.fit", fit_run()),
        ("a.fit.gz", gzip.compress(fit_run())),
        ("a.tcx", tcx()),
        ("a.gpx", gpx()),
        ("activities.csv", table(*(wide_row(n) for n in range(40)))),
        ("a.zip", export(folder / "export.zip").read_bytes()),
    ]
    real = SHARED / "fit"
    if real.is_dir():
        made += [(p.name, p.read_bytes()) for p in sorted(real.iterdir()) if 0 < p.stat().st_size < SMALL]
    return made


def _sealed(data: bytes, chance: random.Random) -> bytes:
    """Half of the FIT files get a checksum that holds again: what is wrong then reaches what comes after."""
    if data[8:12] != b".FIT" or len(data) < 20 or chance.random() < 0.5:
        return data
    body = data[12:-2]
    header = data[:4] + struct.pack("<I", len(data) - 16)[:4] + data[8:12]
    if data[0] == 14:
        header += struct.pack("<H", utils.compute_crc(header))
        body = data[14:-2]
    whole = header + body
    return whole + struct.pack("<H", utils.compute_crc(whole))


def _mutated(data: bytes, chance: random.Random) -> bytes:
    """One to four changes."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(changed) or 1)
        span = chance.choice((1, 4, 64, 1024))
        kind = chance.randrange(6)
        if kind == 0:
            for _ in range(chance.randint(1, 32)):
                if changed:
                    changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del changed[at:]
        elif kind == 2:
            del changed[at : at + span]
        elif kind == 3:
            changed[at:at] = changed[at : at + span] * chance.randint(1, 8)
        elif kind == 4:
            changed[at : at + span] = chance.randbytes(min(span, len(changed) - at))
        else:
            changed[at : at + span] = b"\xff" * min(span, len(changed) - at)
    return bytes(changed)
