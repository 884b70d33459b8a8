"""The shipped catalogue keeps its own rules, and a broken one says what is wrong."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from service.advise import catalogue
from service.advise.catalogue import Catalogue, Place
from service.domain.finding import Cause
from service.errors import SettingsError
from tests.advise.conftest import ADVICE


def test_every_cause_has_a_general_entry(shipped: Catalogue) -> None:
    """A rule that is added to a cause is never left without advice."""
    assert set(Cause) == {entry.cause for entry in shipped.entries if not entry.rules}


def test_a_rule_of_its_own_goes_before_the_general_entry(shipped: Catalogue) -> None:
    """``session_spike`` has its own text; an unknown rule gets the cause's."""
    special = shipped.entry(Cause.MUSCLE_FATIGUE, "session_spike")
    general = shipped.entry(Cause.MUSCLE_FATIGUE, "some_new_rule")

    assert special is not None
    assert general is not None
    assert ({"session_spike"}, set()) == (set(special.rules), set(general.rules))


def test_every_source_is_used_and_every_suggestion_has_one(shipped: Catalogue) -> None:
    """No claim without its study, no study without its claim."""
    record = tomllib.loads(ADVICE.read_text(encoding="utf-8"))
    items = [item for entry in record["entries"] for item in [entry["now"], *entry["plan"]]]
    cited = [item["sources"] for item in items] + [block["sources"] for block in record["blocks"].values()]

    assert all(cited)
    assert set(shipped.sources) == {key for keys in cited for key in keys}


def test_every_constant_of_restraint_has_unit_source_and_grade() -> None:
    """A number carries its reason beside it."""
    constants = tomllib.loads(ADVICE.read_text(encoding="utf-8"))["restraint"].values()

    assert all({"value", "unit", "source", "grade"} == set(constant) for constant in constants)
    assert all(constant["grade"] in "ABCDX" for constant in constants)


def test_loading_work_is_suggested_only_after_recovery(shipped: Catalogue) -> None:
    """Inside the window strength, hops and downhills are named only to leave them out."""
    loading = re.compile(r"strength work|\bhops?\b|squat|lunge|deadlift|downhill|descent", re.IGNORECASE)
    leaving_out = re.compile(r"^(no|nothing)\b", re.IGNORECASE)
    what_descents_did = "Long descents make thighs sore for one to three days, most of all on the second."
    early = [
        item
        for entry in shipped.entries
        for item in [entry.now, *entry.plan]
        if item.place is not Place.AFTER
    ]
    named = [s for item in early for s in re.split(r"(?<=[.;])\s", item.text) if loading.search(s)]

    assert len(named) >= 3
    assert [what_descents_did] == [sentence for sentence in named if not leaving_out.search(sentence)]


def broken(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "advice.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("names", "old", "new"),
    [
        # a source nobody wrote down
        ("nobody_1999", 'sources = ["ingham_2013"]', 'sources = ["nobody_1999"]'),
        # a cause that does not exist
        ("tiredness", 'cause = "fuelling"', 'cause = "tiredness"'),
        # a place that does not exist
        ("someday", 'place = "window"', 'place = "someday"'),
        # a key nobody reads
        ("colour", "offset = 1", "colour = 1"),
        # a constant nobody reads
        ("mails_a_week", "weekly_mails", "mails_a_week"),
        # not TOML at all
        ("TOMLDecodeError", "[restraint]", "[restraint"),
    ],
)
def test_a_broken_catalogue_names_the_entry(tmp_path: Path, names: str, old: str, new: str) -> None:
    """Whoever edits the file is told which file and which word."""
    path = broken(tmp_path, ADVICE.read_text(encoding="utf-8").replace(old, new))

    with pytest.raises(SettingsError, match=f"advice.toml.*{names}"):
        catalogue.load(path)


def test_a_missing_catalogue_says_where_it_should_be(tmp_path: Path) -> None:
    """The message names the path and the way out."""
    with pytest.raises(SettingsError, match=r"nowhere\.toml cannot be read .*: restore it"):
        catalogue.load(tmp_path / "nowhere.toml")


def values(record: Any) -> list[str]:
    """Every text in a record, however deep."""
    if isinstance(record, str):
        return [record]
    if isinstance(record, dict):
        return [text for value in record.values() for text in values(value)]
    return [text for value in record for text in values(value)] if isinstance(record, list) else []


def test_texts_end_like_sentences() -> None:
    """Everything an athlete reads as a sentence ends like one."""
    record = tomllib.loads(ADVICE.read_text(encoding="utf-8"))
    texts = [entry[key] for entry in record["entries"] for key in ("question", "limits")]
    texts += [item["text"] for entry in record["entries"] for item in [entry["now"], *entry["plan"]]]

    assert [text for text in texts if text[-1] not in ".?" or text[0].islower()] == []
    assert [text for text in values(record) if "  " in text or text != text.strip()] == []
