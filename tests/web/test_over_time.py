"""What only weeks can tell: the seven reasons, load and legs, what is missing, answers, warnings."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from service.domain.activity import Activity, Source
from service.domain.course import Day
from service.domain.finding import Cause, Learning, Level, State
from service.domain.history import CheckIn
from service.domain.night import Decision, MailKind
from service.web.course import HEIGHT, LEGS_STEP, WIDTH, picture
from service.web.missing import gaps
from tests.verdicts import assessment, finding
from tests.web.conftest import NOW, Site
from tests.web.test_status import MAILED, NIGHT, clear, judged, page_with

DAY = timedelta(days=1)


def section(text: str, name: str) -> str:
    """The part of the page under the heading with this id."""
    return text.partition(f'<h2 id="{name}">')[2].partition("</section>")[0]


def run(**changes) -> Activity:
    plain = Activity(
        source=Source.STRAVA,
        external_id="1",
        sport="Run",
        start=NOW - DAY,
        utc_offset_s=0,
        moving_s=3600,
        elapsed_s=3600,
        distance_m=10_000.0,
        average_hr=140.0,
        perceived_exertion=4.0,
        detailed=True,
    )
    return replace(plain, **changes)


class TestReasons:
    def test_every_reason_has_a_row(self, site: Site) -> None:
        """Seven, with the one that stands out and its evidence."""
        rows = section(page_with(site, assessment(night=NIGHT)), "reasons")
        assert rows.count("<li") == len(Cause)
        assert "Likely" in rows
        assert "Longest run: 24150 m, usually 16200 m (Sun 1 Mar)" in rows
        assert rows.count("Nothing unusual") == len(Cause) - 1
        assert 'href="/nights/2026-03-12"' in rows

    def test_a_reason_that_spoke_before_says_when(self, site: Site) -> None:
        """With the way to that night."""
        before = assessment(night=NIGHT - 5 * DAY)
        rows = section(page_with(site, before, clear()), "reasons")
        assert "Last seen on Sat 7 Mar, likely" in rows
        assert 'href="/nights/2026-03-07"' in rows

    def test_what_is_only_noted_is_no_warning(self, site: Site) -> None:
        """A finding without a level is told as what it is, and its evidence may be empty."""
        noted = finding(cause=Cause.STRENGTH, level=None, evidence=())
        text = page_with(site, assessment(finding(), noted, night=NIGHT))
        assert "Only noted" in section(text, "reasons")
        assert text.count('<article class="finding"') == 1

    def test_who_is_new_is_not_told_that_nothing_is_unusual(self, site: Site) -> None:
        """Not enough data is not a green light."""
        learning = replace(clear(), state=State.LEARNING, learning=Learning(7, 12, 20, 28))
        rows = section(page_with(site, learning), "reasons")
        assert rows.count("Still learning your normal") == len(Cause)

    def test_a_cause_without_a_rule_says_so(self, build: Callable[..., Site]) -> None:
        """Silence about it would look like health."""
        site = build(judges=lambda cause: cause is not Cause.RUNNING_FORM)
        assert "No rule looks at this yet" in section(page_with(site, clear()), "reasons")


def days(loads: list[float | None], last: date = NIGHT - DAY) -> list[Day]:
    """Loads up to ``last``; fitness is a flat 40 where there is a load."""
    first = last - (len(loads) - 1) * DAY
    return [Day(first + n * DAY, load, None if load is None else 40.0) for n, load in enumerate(loads)]


class TestPicture:
    def test_bars_are_as_tall_as_their_loads(self) -> None:
        """Against a round number above the highest; rest has none, the unknown a dashed stump."""
        drawn = picture(days([50.0, 0.0, None, 100.0]), [], [])
        assert drawn is not None
        assert drawn.top == 100
        assert [(bar.height, bar.look) for bar in drawn.bars] == [
            (HEIGHT / 2, "recent"),
            (6, "unknown"),
            (HEIGHT, "recent"),
        ]
        assert [bar.x for bar in drawn.bars] == sorted(bar.x for bar in drawn.bars)
        assert all(bar.x >= 0 and bar.x + bar.width <= WIDTH for bar in drawn.bars)

    def test_legs_stand_under_their_day(self) -> None:
        """The fresher the taller; heavy ones in another colour, and days outside the picture nowhere."""
        answers = [
            CheckIn(NIGHT - 90 * DAY, legs=4),
            CheckIn(NIGHT - 2 * DAY, legs=1),
            CheckIn(NIGHT - DAY, legs=4),
        ]
        drawn = picture(days([10.0] * 4), [*answers, CheckIn(NIGHT, soreness=2)], [])
        assert drawn is not None
        assert [(bar.height, bar.look) for bar in drawn.legs] == [
            (LEGS_STEP, "heavy"),
            (4 * LEGS_STEP, "light"),
        ]

    def test_the_table_holds_the_same_values(self) -> None:
        """By week from Monday, newest first: NIGHT is a Thursday."""
        drawn = picture(days([30.0, None, 50.4, 0.0]), [CheckIn(NIGHT - DAY, legs=2)], [])
        assert drawn is not None
        newest, older = drawn.weeks
        assert newest.loads == (None, 50.4, 0.0, None, None, None, None)
        assert older.loads[-1] == 30.0
        assert newest.legs[2] == 2
        assert newest.total == 50.4

    def test_it_is_said_in_words_too(self) -> None:
        """For who does not see it: the last week against the weeks before, answers, warnings."""
        answers = [CheckIn(NIGHT - n * DAY, legs=legs) for n, legs in ((3, 2), (2, 4))]
        drawn = picture(days([20.0] * 14 + [40.0] * 7), answers, [NIGHT - 2 * DAY, NIGHT - 300 * DAY])
        assert drawn is not None
        assert drawn.summary == (
            "Load of each day from Thu 19 Feb to Wed 11 Mar: 280 points in the last seven days; an average "
            "week before, 140. 2 answers about your legs, 1 of them heavy, 1 warning."
        )
        alone = picture(days([20.0]), [], [])
        assert alone is not None
        assert alone.summary.endswith("20 points in the last seven days. No answers about your legs.")

    def test_where_nothing_was_observed_there_is_no_picture(self) -> None:
        """Neither an axis nor a nought."""
        assert picture(days([None, None]), [], []) is None
        assert picture([], [], []) is None

    def test_a_load_beyond_all_is_drawn(self) -> None:
        """A day of 24 hours, or a mistake."""
        drawn = picture(days([5000.0]), [], [])
        assert drawn is not None
        assert drawn.top == 5000

    def test_the_page_draws_it_without_a_style_attribute(self, build: Callable[..., Site]) -> None:
        """The policy would refuse one; colours come from the sheet."""
        site = build(course=lambda athlete, night: days([50.0, 80.0, 0.0, 100.0]))
        text = page_with(site, assessment(night=NIGHT), decision=MAILED)
        drawn = section(text, "course")
        assert drawn.count("<rect") == 3
        assert "style=" not in text
        assert "The same as a table" in drawn
        assert "100 points" not in drawn
        assert "230 points in the last seven days" in drawn


class TestMissing:
    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"average_hr": None}, "are without a heart rate"),  # no strap
            ({"perceived_exertion": None}, "are without a perceived exertion"),  # not noted
            ({"detailed": False}, "are known only as a whole"),  # not read yet
            ({"distance_m": 0.0}, "are without a distance"),  # a treadmill
            ({"manual": True}, "are typed in by hand"),  # no recording
        ],
    )
    def test_shares_are_said(self, changes: dict, said: str) -> None:
        """One run of four, then all of them."""
        some = gaps([run(**changes), run(), run(), run()], [CheckIn(NIGHT, legs=3)])
        assert [gap.what for gap in some] == [
            f"25 % of your 4 runs of the last 8 weeks {said}."
        ] or said in some[0].what
        assert gaps([run(**changes)] * 3, [CheckIn(NIGHT, legs=3)])[0].what.startswith("All 3 runs")

    def test_little_is_not_worth_a_word(self) -> None:
        """One run of thirty changes nothing."""
        assert gaps([run(average_hr=None), *[run()] * 30], [CheckIn(NIGHT, soreness=3)]) == []

    def test_silence_comes_first(self) -> None:
        """No answer is the gap that costs most; the next one is that there is nothing to judge."""
        assert [gap.what for gap in gaps([], [CheckIn(NIGHT, sleep=3)])] == [
            "No answer from you in 8 weeks.",
            "No run in the last 8 weeks.",
        ]

    def test_the_page_says_it(self, site: Site) -> None:
        """From the sessions that are kept."""
        browser = site.athlete()
        with site.store.transaction() as tx:
            tx.activities.upsert(browser.athlete_id, [run(average_hr=None)], NOW)
        judged(site, browser.athlete_id, clear())
        assert "Your only run of the last 8 weeks is without a heart rate." in section(
            browser.get("/status").text, "missing"
        )


def test_answers_are_listed_newest_first(site: Site) -> None:
    """Whatever was said, in words; older ones wait behind a line."""
    browser = site.athlete()
    with site.store.transaction() as tx:
        for n in range(6):
            tx.checkins.put(browser.athlete_id, CheckIn(NIGHT - n * DAY, legs=3), NOW)
        tx.checkins.put(
            browser.athlete_id,
            CheckIn(NIGHT, legs=1, fatigue=2, sleep=3, mood=4, ill=True, pain=True, exertion=7),
            NOW,
        )
    judged(site, browser.athlete_id, clear())
    listed = section(browser.get("/status").text, "checkins")
    assert "Legs very heavy" in listed
    assert (
        "Tiredness 2 of 5, sleep 3 of 5, mood 4 of 5, the run 7 of 10, ill, pain that changes how you run"
        in listed
    )
    assert listed.index("Thu 12 Mar") < listed.index("Wed 11 Mar")
    assert "Earlier answers" in listed


def test_warnings_lead_to_their_evidence(site: Site) -> None:
    """Each in the words of its mail."""
    text = page_with(site, assessment(night=NIGHT), decision=Decision(MailKind.WARNING, None))
    assert '<a href="/nights/2026-03-12">Tired muscles: until Thursday 12 March.</a>' in section(
        text, "warnings"
    )


def test_the_level_is_the_athletes_to_see() -> None:
    """Every level has its dots."""
    from service.web.findings import PIPS

    assert set(PIPS) == {None, *Level}
