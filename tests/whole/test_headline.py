"""The README's headline: added up from what the drills have told, and from nothing else."""

import pytest

from tests.drills import headline
from tests.drills.__main__ import DRILLS
from tests.drills.figure import Figure, line, none
from tests.drills.headline import MARK, README, SUMS, Unfit, put_into
from tests.drills.headline import headline as headline_of


def told(**changed):
    """A line for each figure that is named, with 1 of everything but of what is ``changed``."""
    wanted = [word.replace("*", "kill9") for words in SUMS.values() for word in words.split()]
    return "\n".join(
        line(drill, [Figure("seed", 7), Figure(name, changed.get(f"{drill}_{name}", 1))])
        for drill, name in (each.split(".") for each in wanted)
    )


def test_every_sum_is_named_once():
    """Thousands are separated; the order is that of the promise."""
    found = headline_of(told(kill9_kills=1200, kill9_rows_left=0, kill9_erased_back=0))
    assert found == (
        "1,213 faults injected · 8 activities lost · 3 nights missed · 4 duplicate e-mails · "
        "4 secrets found · 0 rows after erasure"
    )


def test_any_drill_counts_where_any_is_meant():
    """Each that tells of lost nights adds to them."""
    more = line("freeze", [none("nights_lost", 0)]) + "\n" + line("many", [Figure("nights_lost", 2)])
    assert "5 nights missed" in headline_of(f"{told()}\n{more}")


def test_the_later_run_of_a_drill_counts():
    """Repeated by hand, say."""
    again = line("kill9", [Figure("kills", 500)])
    assert headline_of(f"{told()}\n{again}").startswith("513 faults")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "no drill has told lost_rotation.rotations_lost"),  # nothing was run
        ("DRILL kill9 broke_off=1!(≤0) seed=7", "broke_off=1 is not as promised"),  # it did not end
        (
            line("kill9", [none("mails_doubled", 1)]),
            "mails_doubled=1 is not as promised",
        ),  # worse than promised
    ],
)
def test_what_makes_no_headline(text, complaint):
    """Silence is no zero."""
    with pytest.raises(Unfit, match=complaint):
        headline_of(text)


def test_a_sum_that_nobody_told_of_is_no_zero():
    """Without any drill of secrets there is nothing to say about them."""
    silent = "\n".join(each for each in told().splitlines() if "hits" not in each and "swaps" not in each)
    with pytest.raises(Unfit, match="secrets found"):
        headline_of(silent)


def test_every_drill_named_is_one():
    """A drill that was renamed would otherwise never be told of again."""
    named = {word.split(".")[0] for words in SUMS.values() for word in words.split()} - {"*"}
    assert named <= set(DRILLS)


def test_the_line_replaces_the_older_one():
    """Only what stands below the mark; a page without the mark is left alone."""
    page = f"# title\n\n{MARK}\nrest\n"
    once = put_into(page, "**2 faults injected · x**")
    assert once == f"# title\n\n{MARK}**2 faults injected · x**\n\nrest\n"
    assert put_into(once, "**3 faults injected · x**") == once.replace("2 faults", "3 faults")
    with pytest.raises(Unfit, match="lacks"):
        put_into("# title\n", "x")
    assert MARK in README.read_text()


def test_the_command(tmp_path, monkeypatch, capsys):
    """Reads, writes, prints; and says what is missing."""
    page, drills = tmp_path / "README.md", tmp_path / "drills.txt"
    monkeypatch.setattr(headline, "README", page)
    page.write_text(MARK)
    assert headline.main([str(drills)]) == 1
    drills.write_text(told())
    assert headline.main([str(drills)]) == 0
    assert f"**{capsys.readouterr().out.strip()}**" in page.read_text()
