"""Zips, folders and files as people hand them over, whole or hostile."""

import gzip
import os
import struct
import time
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest

from service.archive import parcel, reader
from service.archive.found import Found, Refused, shown
from service.archive.reader import Request, is_archive, read
from tests.archive.samples import START, export, fit_run, gpx, table, tcx, wide_row, zipped


def told(*paths: Path, **request):
    """(sessions, refusals by name)."""
    outcomes = list(read(Request(paths, processes=1, **request)))
    sessions = [activity for each in outcomes if isinstance(each, Found) for activity in each.activities]
    return sessions, {each.name: each.reason for each in outcomes if isinstance(each, Refused)}


def test_a_session_of_the_table_and_its_file_are_one(tmp_path: Path) -> None:
    """Under Strava's number, with the table's figures and the recording's kilometres."""
    sessions, refused = told(export(tmp_path / "export.zip"))
    first, second, by_hand = sorted(sessions, key=lambda each: each.external_id)
    assert (first.external_id, first.distance_m, len(first.splits), first.utc_offset_s) == (
        "7000000001", 5021.5, 6, 3600,
    )  # fmt: skip
    assert first.detailed
    assert (second.splits, by_hand.manual) == ((), True)
    assert list(refused) == ["activities/2.fit.gz"]


def test_a_folder_says_the_same_as_its_zip(tmp_path: Path) -> None:
    """Unpacked by hand, or not."""
    archive = export(tmp_path / "export.zip")
    zipfile.ZipFile(archive).extractall(tmp_path / "folder")
    assert told(tmp_path / "folder") == told(archive)


def test_twice_is_the_same(tmp_path: Path) -> None:
    """Identity comes from what is in a file, not from where it lies."""
    (tmp_path / "a.fit").write_bytes(fit_run())
    (tmp_path / "b.fit.gz").write_bytes(gzip.compress(fit_run()))
    one, other = told(tmp_path / "a.fit", tmp_path / "b.fit.gz")[0]
    assert one == other
    assert one.external_id.startswith("file-")


def test_many_files_on_all_cores_come_in_order(tmp_path: Path) -> None:
    """The result does not depend on how many processes read it."""
    for n in range(8):
        (tmp_path / f"{n}.fit").write_bytes(fit_run(start=START + timedelta(days=n), seconds=60))
    seen: list[tuple[int, int]] = []
    request = Request((tmp_path,), processes=2, progress=lambda done, total: seen.append((done, total)))
    assert [each.name for each in read(request)] == [f"{n}.fit" for n in range(8)]
    assert (seen[0], seen[-1]) == ((0, 8), (8, 8))


@pytest.mark.parametrize(
    ("complaint", "content"),
    [
        ("is empty", b""),
        ("not Strava's", b"hello\nworld\n"),
        ("damaged or cut short", gzip.compress(tcx())[:-200]),
        ("well-formed", tcx()[:-9]),
        ("not text", bytes(range(256)) * 4),
    ],
)
def test_a_file_that_is_none(complaint: str, content: bytes, tmp_path: Path) -> None:
    """Named with its reason; what comes beside it is read."""
    (tmp_path / "bad.tcx").write_bytes(content)
    (tmp_path / "good.gpx").write_bytes(gpx())
    sessions, refused = told(tmp_path)
    assert len(sessions) == 1
    assert complaint in refused["bad.tcx"]


def test_what_is_not_there(tmp_path: Path) -> None:
    """A path that leads nowhere, and a folder without anything."""
    assert "cannot be read" in next(iter(told(tmp_path / "none")[1].values()))
    assert "no activities.csv" in next(iter(told(tmp_path)[1].values()))


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """It would never end."""
    os.mkfifo(tmp_path / "pipe.fit")
    assert "neither a file nor a folder" in told(tmp_path / "pipe.fit")[1][str(tmp_path / "pipe.fit")]
    assert told(tmp_path)[0] == []


def test_links_are_not_followed(tmp_path: Path) -> None:
    """They may lead out of what was handed over."""
    (tmp_path / "outside.gpx").write_bytes(gpx())
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "in.gpx").symlink_to(tmp_path / "outside.gpx")
    assert told(tmp_path / "folder")[0] == []


@pytest.mark.parametrize("name", ["../../etc/cron.d/run.gpx", "/etc/run.gpx", "C:\\run.gpx", "..\\run.gpx"])
def test_names_that_lead_out_are_not_read(name: str, tmp_path: Path) -> None:
    """Nothing is written to the disk anyway."""
    sessions, refused = told(zipped(tmp_path / "a.zip", {name: gpx(), "good.gpx": gpx()}))
    assert len(sessions) == 1
    assert "leads out of the archive" in next(iter(refused.values()))


def test_a_truncated_zip(tmp_path: Path) -> None:
    """The list of its files stands at its end."""
    path = export(tmp_path / "export.zip")
    path.write_bytes(path.read_bytes()[:-200])
    assert "download it again" in told(path)[1][str(path)]


def test_a_zip_with_a_damaged_file(tmp_path: Path) -> None:
    """Only that one is lost."""
    path = zipped(tmp_path / "a.zip", {"a.gpx": gpx(60), "b.gpx": gpx(61)})
    data = bytearray(path.read_bytes())
    data[60] ^= 0xFF
    path.write_bytes(data)
    sessions, refused = told(path)
    assert (len(sessions), list(refused)) == (1, ["a.gpx"])


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it declares is refused, and what it does not declare is bounded as it comes."""
    monkeypatch.setattr(parcel, "LARGEST_FILE", 1 << 20)
    zeros = b"<" + b" " * (8 << 20)
    path = zipped(tmp_path / "a.zip", {"big.gpx": zeros, "hidden.gpx.gz": gzip.compress(zeros)})
    began = time.monotonic()
    refused = told(path)[1]
    assert "would unpack to more than" in refused["big.gpx"]
    assert "unpacks to more than" in refused["hidden.gpx.gz"]
    assert time.monotonic() - began < 1


def test_a_header_that_lies(tmp_path: Path) -> None:
    """Ten gigabytes declared for a few bytes are not made room for."""
    path = zipped(tmp_path / "a.zip", {"run.gpx": gpx()})
    data = path.read_bytes()
    at = data.rindex(b"PK\x01\x02")
    path.write_bytes(data[: at + 24] + struct.pack("<I", 0xFFFFFFF0) + data[at + 28 :])
    assert "would unpack" in told(path)[1]["run.gpx"]


def test_more_than_any_export_unpacks_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All files together, and their number."""
    path = zipped(tmp_path / "a.zip", {"a.gpx": gpx(), "b.gpx": gpx()})
    monkeypatch.setattr(parcel, "LARGEST_UNPACKED", len(gpx()) + 10)
    assert "the rest is not read" in told(path)[1]["b.gpx"]
    monkeypatch.setattr(parcel, "MOST_MEMBERS", 1)
    assert "no export does" in told(path)[1][str(path)]


@pytest.mark.parametrize(
    ("complaint", "flag", "method"),
    [("encrypted", 1, 8), ("unusual way", 0, 14)],
)
def test_zips_of_another_kind(complaint: str, flag: int, method: int, tmp_path: Path) -> None:
    """Encrypted, or packed so that a header could ask for gigabytes of memory."""
    path = zipped(tmp_path / "a.zip", {"run.gpx": gpx()})
    data = path.read_bytes()
    at = data.rindex(b"PK\x01\x02")
    path.write_bytes(data[: at + 8] + struct.pack("<HH", flag, method) + data[at + 12 :])
    assert complaint in told(path)[1]["run.gpx"]


def test_a_clock_that_runs_ahead(tmp_path: Path) -> None:
    """A session in the future is refused where the present is known."""
    (tmp_path / "a.fit").write_bytes(fit_run())
    sessions, refused = told(tmp_path, not_after=START - timedelta(days=1))
    assert sessions == []
    assert "future" in refused["a.fit"]


def test_a_table_under_another_name(tmp_path: Path) -> None:
    """By what it holds; lines are named."""
    (tmp_path / "my runs.csv").write_bytes(table(wide_row(1), wide_row(2, c1="soon")))
    sessions, refused = told(tmp_path / "my runs.csv")
    assert (len(sessions), len(refused)) == (1, 1)


@pytest.mark.parametrize(
    ("expected", "name", "content"),
    [
        (True, "export.zip", b"PK\x03\x04"),
        (True, "renamed", b"PK\x03\x04"),
        (True, "renamed", fit_run()),
        (True, "run.tcx.gz", b""),
        (True, "renamed", b"Activity ID,Activity Date\n"),
        (False, "activities.jsonl", b"{}"),
        (False, "renamed", b'{"id": 1}'),
    ],
)
def test_what_is_an_archive(expected: bool, name: str, content: bytes, tmp_path: Path) -> None:
    """Everything else is JSON lines."""
    (tmp_path / name).write_bytes(content)
    assert is_archive(tmp_path / name) is expected
    assert is_archive(tmp_path)


def test_names_are_printed_safely() -> None:
    """No escape sequence reaches a terminal, and a line stays a line."""
    assert shown("a\x1b[2J\n.fit") == "a?[2J?.fit"
    assert len(shown("x" * 500)) == 120


def test_a_broken_pool_names_what_it_had_in_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that is killed costs its files, never the import."""
    for n in range(8):
        (tmp_path / f"{n}.gpx").write_bytes(gpx())
    monkeypatch.setattr(reader, "LONGEST_READ_S", 0.0)
    refused = [each for each in read(Request((tmp_path,), processes=2)) if isinstance(each, Refused)]
    assert refused
    assert {each.reason for each in refused} == {"reading it broke off; import it once more by itself"}
