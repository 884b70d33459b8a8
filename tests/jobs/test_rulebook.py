"""The constants as people may read them."""

from service.app import CONFIG
from service.domain.finding import Cause
from service.jobs.rulebook import Rulebook, load_rulebook

BOOK = load_rulebook(CONFIG / "heuristics.toml", CONFIG / "advice.toml")


def test_every_constant_of_a_chapter_has_a_source():
    """Value, unit, grade and source, for every cause."""
    for cause in Cause:
        for chapter in BOOK.behind(cause):
            assert all(each.value and each.unit and each.grade and each.source for each in chapter.constants)


def test_a_cause_shows_its_own_rules_first():
    """Then what all share, and when a mail is worth writing."""
    titles = [chapter.title for chapter in BOOK.behind(Cause.MUSCLE_FATIGUE)]
    assert titles[:2] == ["Tired muscles", "The long run"]
    assert titles[-1] == "When a mail is worth writing"


def test_the_long_run_rule_names_its_study():
    """What a reader looks for first."""
    spike = BOOK.sections["spike"]
    assert any("Frandsen" in each.source for each in spike)
    assert {"30", "11"} <= {each.value for each in spike}


def test_values_are_written_as_people_read_them():
    """Lists spelt out, no trailing noughts."""
    restraint = {each.name: each.value for each in BOOK.sections["restraint"]}
    assert restraint["agreeing strength"] == "0.5"
    assert restraint["never mailed"] == "strength, warm up"


def test_a_cause_without_a_section_is_not_judged():
    """So a page can say so instead of calling it normal."""
    bare = Rulebook({"fatigue": (), "something_new": ()})
    assert bare.judges(Cause.MUSCLE_FATIGUE)
    assert not bare.judges(Cause.RUNNING_FORM)
    assert [chapter.title for chapter in bare.behind(Cause.RUNNING_FORM)] == []
