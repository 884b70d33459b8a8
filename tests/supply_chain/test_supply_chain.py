"""The audit can find what it looks for, and finds nothing here."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.supply_chain import advisories
from tests.supply_chain.bill import bill
from tests.supply_chain.danger import dangers
from tests.supply_chain.hidden import found
from tests.supply_chain.lock import packages, unhashed

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted(ROOT.glob("requirements*.txt"))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_package_is_locked_by_hash(lock):
    """Or anything could be installed under its name."""
    assert unhashed(lock) == []
    assert len(packages(lock)) == len(re.findall(r"^[A-Za-z0-9._-]+==", lock.read_text(), re.MULTILINE))


def test_a_package_without_a_hash_is_found(tmp_path):
    (tmp_path / "lock").write_text(
        "a==1 \\\n    --hash=sha256:" + "0" * 64 + "\nb==2 ; sys_platform == 'x'\n"
    )
    assert unhashed(tmp_path / "lock") == ["b"]
    (tmp_path / "lock").write_text("a>=1\n")
    with pytest.raises(ValueError, match="lock:1"):
        packages(tmp_path / "lock")


def test_the_bill_is_the_lock():
    """Name, version and hashes of each; the same bill for the same lock."""
    lock = ROOT / "requirements.txt"
    made = bill(lock, "1.0")
    assert [(each["name"], each["version"], len(each["hashes"])) for each in made["components"]] == [
        (package.name, package.version, len(package.hashes)) for package in packages(lock)
    ]
    assert made == bill(lock, "1.0")
    references = [each["bom-ref"] for each in made["components"]]
    assert len(set(references)) == len(references)


def test_no_secret_lies_in_the_tree():
    """Tracked files only: the others never leave this machine."""
    if not (ROOT / ".git").exists():
        pytest.skip("no git repository: this is a copy without history")
    tree = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert list(found(ROOT, tree.stdout.splitlines())) == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("-----BEGIN " + "RSA PRIVATE KEY-----", "private key"),
        ("key = AKIA" + "A" * 16, "cloud key"),
        ("ghp_" + "a1" * 18, "code host token"),
        ("xoxb-" + "1" * 12, "chat token"),
        ("eyJ" + "a" * 12 + ".eyJ" + "b" * 12 + ".c", "web token"),
        ("STRAVA_APP_SECRET=" + "0af1" * 10, "Strava secret"),
        ("index " + "A" * 43 + "=", "keyring"),
        ("postgresql://me:hunter22" + "@db.example/x", "password in an address"),
    ],
)
def test_a_secret_is_found(tmp_path, text, what):
    """Each kind, with its line."""
    (tmp_path / "file").write_text(f"first\n{text}\n")
    assert list(found(tmp_path, ["file"])) == [("file", 2, what)]


@pytest.mark.parametrize("folder", ["service", "migrations"])
def test_nothing_runs_what_somebody_else_wrote(folder):
    """No pickle, no eval, no shell."""
    assert {
        path.name: list(dangers(path)) for path in (ROOT / folder).rglob("*.py") if [*dangers(path)]
    } == {}


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "from marshal import loads",
        "eval('1')",
        "exec('1')",
        "os.system('ls')",
        "yaml.load(x)",
        "subprocess.run('ls', shell=True)",
        "subprocess.run('ls', shell=flag)",
    ],
)
def test_a_dangerous_call_is_found(tmp_path, line):
    (tmp_path / "x.py").write_text(f"{line}\n")
    assert len(list(dangers(tmp_path / "x.py"))) == 1
    (tmp_path / "x.py").write_text("subprocess.run(['ls'], shell=False)\nre.compile('x')\n")
    assert list(dangers(tmp_path / "x.py")) == []


class TestAdvisories:
    def tool(self, tmp_path, said, code=0):
        """A program that answers as pip-audit does."""
        path = tmp_path / "pip-audit"
        path.write_text(f"#!/bin/sh\necho 'no route' >&2\ncat <<'END'\n{said}\nEND\nexit {code}\n")
        path.chmod(0o755)
        return str(path)

    @pytest.mark.parametrize(
        ("said", "outcome"),
        [
            ('{"dependencies": [{"name": "a", "version": "1", "vulns": []}]}', "ok"),
            ('{"dependencies": [{"name": "a", "version": "1", "vulns": [{"id": "CVE-1"}]}]}', "holes"),
            ("", "SKIPPED"),  # nobody could be reached
            (
                '{"dependencies": [{"name": "a", "skip_reason": "not found"}]}',
                "SKIPPED",
            ),  # a source without ours
        ],
    )
    def test_what_the_source_says(self, tmp_path, said, outcome):
        """Holes are named; a source that knows nothing is no clean bill of health."""
        result, lines = advisories.look(tmp_path / "lock", self.tool(tmp_path, said, 1))
        assert result == outcome
        assert bool(lines) == (outcome != "ok")

    def test_without_the_tool_it_is_said(self, tmp_path, monkeypatch):
        monkeypatch.setenv("PATH", str(tmp_path))
        assert advisories.look(tmp_path / "lock")[0] == "SKIPPED"
