"""Every mail is complete in each part, kind, and says only what may be said."""

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from service.domain.athlete import Units
from service.domain.finding import Assessment, Cause, Channel, Evidence, Finding, Level, State
from service.domain.message import Message
from service.domain.night import MailKind
from service.domain.preference import CHOICES
from service.notify import days, message, phrases, quantity
from service.notify.chart import Picture
from tests.notify import samples
from tests.notify.samples import DAY, EVIDENCE, LINKS, LOADS, spike, warning
from tests.verdicts import NIGHT, assessment, finding
from tests.wording import FORBIDDEN

GOLDEN = Path(__file__).parent / "golden"
REFRESH = "FRESHLEGS_REFRESH_GOLDEN"
AHEAD: dict[str, object] = {
    "balanced_load": 31.4,
    "balanced_after_rest": NIGHT + timedelta(days=3),
    "balanced_after_easy": NIGHT + timedelta(days=5),
}
"""What the model says of the days to come; NIGHT is a Monday."""


class Reader(HTMLParser):
    """What a person (or a screen reader) gets from the HTML, and what a lint looks at."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[tuple[str, str]] = []
        self.tags: list[str] = []
        self.tables: list[dict[str, str | None]] = []
        self._href: str | None = None
        self._hidden = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._hidden += tag in ("style", "title")
        if tag == "a":
            self._href = dict(attrs)["href"]
        if tag == "table":
            self.tables.append(dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("style", "title")

    def handle_data(self, data: str) -> None:
        if self._hidden:
            return
        self.words += data.split()
        if self._href is not None:
            self.links.append((data, self._href))
            self._href = None


@pytest.fixture(scope="module")
def mails() -> dict[str, tuple[Message, Reader]]:
    """Every mail there is, with its HTML read once."""
    every = samples.every_warning() | samples.service_mails() | samples.letters()
    every |= {f"imperial {name}": mail for name, mail in samples.letters(Units.IMPERIAL).items()}
    return {name: (mail, Reader(mail.html)) for name, mail in every.items()}


Mails = dict[str, tuple[Message, Reader]]


def test_no_mail_says_what_may_not_be_said(mails: Mails) -> None:
    """The wording limits over every text that can be produced: all causes, rules, levels and units."""
    parts = [
        part for mail, html in mails.values() for part in (mail.subject, mail.text, " ".join(html.words))
    ]
    sentences = {" ".join(said.split()) for part in parts for said in re.split(r"(?<=[.?!:])\s", part)}

    assert len(sentences) > 200
    assert [sentence for sentence in sentences if FORBIDDEN.search(sentence)] == []


@pytest.mark.parametrize(
    "forbidden",
    [
        "You are dehydrated.",
        "Your injury risk is 12 % chance of something",
        "safe to train",
        "This looks like overtraining syndrome.",
        "You must stop running.",
        "lactic acid",
        "You should have rested.",
    ],
)
def test_the_wording_limits_would_be_noticed(forbidden: str) -> None:
    """The check itself can fail."""
    assert FORBIDDEN.search(forbidden)


def test_text_is_complete_and_narrow(mails: Mails) -> None:
    """Every link of the HTML is in the text; no line is wider than 76 characters but for a link."""
    for mail, html in mails.values():
        lines = mail.text.splitlines()
        assert [line for line in lines if len(line) > 76 and "https://" not in line] == []
        assert [href for _, href in html.links if href not in mail.text] == []
        assert "None " not in mail.text.replace("None recorded", "")
        assert "{" not in mail.text


def test_html_and_text_say_the_same(mails: Mails) -> None:
    """No word stands in one and not in the other, but for the brand and the names beside bars and columns."""
    word = re.compile(r"[a-z]{4,}")
    for mail, html in mails.values():
        shown = set(word.findall(" ".join(html.words).lower()))
        read = set(word.findall(re.sub(r"https://\S+", "", mail.text.lower())))
        assert shown - read <= {"freshlegs", "this", "time", "before", "exercise"}
        assert read - shown == set()


def test_html_needs_no_image_and_no_script(mails: Mails) -> None:
    """Readable with images off, in the dark and on a phone; nothing is fetched. A picture travels with its
    mail, has a text in its place, and what it shows is said beside it."""
    for mail, html in mails.values():
        pictures = re.findall(r"<img [^>]*>", mail.html)
        assert all('src="cid:chart@freshlegs"' in each and 'alt="Chart: ' in each for each in pictures)
        assert len(pictures) == (mail.chart_png is not None)
        assert {"script", "iframe", "form", "link", "svg"}.isdisjoint(html.tags)
        assert 'name="color-scheme" content="light dark"' in mail.html
        assert "prefers-color-scheme: dark" in mail.html
        assert 'lang="en"' in mail.html
        assert "url(" not in mail.html
        assert len(mail.html.encode()) < 100_000  # some readers cut longer mails off


def test_every_table_is_either_layout_or_has_a_voice(mails: Mails) -> None:
    """A screen reader hears data tables and described pictures, never the scaffolding."""
    for _, html in mails.values():
        assert all(table.get("class") == "rows" for table in html.tables if table.get("role") is None)
        assert all(table.get("aria-label") for table in html.tables if table.get("role") == "img")


def test_subjects_are_short_plain_and_ours(mails: Mails) -> None:
    """One ASCII line without a number of the athlete's, and without another company's name."""
    for mail, _ in mails.values():
        assert mail.subject.isascii()
        assert len(mail.subject) <= 70
        assert "strava" not in mail.subject.lower()
        assert "24" not in mail.subject


def test_a_warning_says_all_that_is_owed() -> None:
    """Numbers, baseline, days, link, sureness, the unseen, what was ruled out, the plan, how to stop it."""
    text = " ".join(warning().text.split())

    for owed in (
        "Longest run: 24.1 km; the longest of the 30 days before: 16.2 km. Sunday 1 March.",
        "View on Strava: https://www.strava.com/activities/12345678901",
        "Load of the last seven days: 412 load points; an average week of the six before: 297 load points.",
        "Balance: what you are used to, less what you did: −36 %; the middle of your last 90 days: +2 %.",
        "Your answer about your legs (4 = fresh): 2 of 4; your own mean: 3.1 of 4.",
        "Heart rate against what is usual for you at that speed: +3.4 %. 25 February to 1 March.",
        "This is likely, not certain. What points that way: your training load (strong) and how you said you "
        "feel (clear).",
        "How often a warning of this kind turns out right has not been measured yet.",
        "- How much of it was downhill. - Your load precisely: few sessions carry a heart rate or an effort",
        "- Your heart rate: as usual.",
        "ONE THING TO DO NOW",
        "Short and easy runs (from Tuesday 3 March until Wednesday 4 March)",
        "STRENGTH, FROM THURSDAY 5 MARCH: FOUNDATION",
        "Very heavy: https://freshlegs.example.org/checkin?t=QUJD&legs=1 Heavy: ",
        "Did it match how you felt?: https://freshlegs.example.org/reply/2026-03-02?t=REVG",
        "WHAT THIS CANNOT KNOW",
        "WHEN TO GET HELP AT ONCE",
        "This is information, not medical advice. If in doubt, stop",
        "Mute this reason for two weeks: https://freshlegs.example.org/reply/2026-03-02?mute=1&t=REVG",
        "Switch warnings off: https://freshlegs.example.org/unsubscribe/Zm9vYmFy",
    ):
        assert owed in text


def test_the_link_to_a_session_has_the_words_that_were_agreed() -> None:
    """Strava's brand rules: exactly "View on Strava"."""
    assert ("View on Strava", "https://www.strava.com/activities/12345678901") in Reader(warning().html).links


def test_what_was_measured_replaces_the_admission_that_nothing_was() -> None:
    """Once the bench has counted, the mail says how often it is right."""
    counted = "Of 100 such warnings, 40 were followed by an unusually sore morning."

    assert phrases.NOT_MEASURED in " ".join(warning().text.split())
    assert counted in " ".join(warning(measured=counted).text.split())
    assert "has not been measured" not in warning(measured=counted).text


def test_the_card_for_emergencies_comes_with_safety_only() -> None:
    """A card in every mail would soon be read by nobody."""
    assert "112 in Europe" in warning(spike(safety=True)).text
    assert "112 in Europe" not in warning(spike(safety=False)).text


def test_units_are_the_athletes() -> None:
    """Miles, feet and Fahrenheit for those who asked for them."""
    text = " ".join(warning(spike(evidence=EVIDENCE), units=Units.IMPERIAL).text.split())

    assert "Longest run: 15.0 mi; the longest of the 30 days before: 10.1 mi" in text
    assert "Descent: 2008 ft" in text
    assert "Temperature: 84 °F" in text


def test_what_is_not_known_is_left_out_whole() -> None:
    """No advice, no evidence, no channels, no loads, no links: no empty heading and no crash."""
    bare = Finding(Cause.MUSCLE_FATIGUE, "new", None, 0.5, {}, ())
    mail = message.warning(
        assessment(bare, longest_safe_m=None), None, links=message.Links("https://a.test", "https://b.test")
    )

    assert "Something in your last sessions differs from your usual." in " ".join(mail.text.split())
    assert [
        title
        for title in ("ONE THING", "WHAT WE SAW", "STRENGTH", "YOUR TURN", "COMING")
        if title in mail.text
    ] == []
    assert "This is a hint, not more." in mail.text
    assert "Mute" not in mail.text
    assert "HOW SURE" in mail.text


def test_the_next_long_run_has_its_ceiling_but_not_after_a_spike() -> None:
    """Right after a much longer run a tenth more is no limit to recommend."""
    said = "Your next long run: up to 17.8 km"

    assert said in warning(finding(rule="hard_days")).text
    assert said not in warning(spike()).text
    assert said not in warning(finding(cause=Cause.OVERREACHING)).text


def test_two_fuller_weeks_are_told_with_a_week_of_mornings() -> None:
    """Both channels in one line each, the legs on their own scale of four."""
    weeks = Evidence("two_weeks_load", 820.0, "load", 510.0, NIGHT - 14 * DAY, NIGHT - DAY)
    legs = Evidence("legs_week", 1.9, "rating", 2.8, NIGHT - 7 * DAY, NIGHT - DAY)
    mail = warning(finding(rule="hard_weeks", evidence=(weeks, legs)))
    text = " ".join(mail.text.split())

    assert mail.subject.startswith("After two fuller weeks: easy days until")
    assert "820 load points" in text
    assert "two average weeks of the twelve before" in text
    assert "1.9 of 4" in text


def test_a_night_without_a_finding_has_no_mail() -> None:
    """A caller's mistake is named."""
    nothing = Assessment(NIGHT, State.CLEAR, 0.1, None, ())

    with pytest.raises(ValueError, match="write only about warnings"):
        message.warning(nothing, None, links=LINKS)


@pytest.mark.parametrize(
    ("says", "loads"),
    [
        # nothing was ever observed
        ("On 3 of the days nothing could be observed.", [(NIGHT - back * DAY, None) for back in (3, 2, 1)]),
        # three days of rest
        ("the highest, 0, on Sunday 1 March.", [(NIGHT - back * DAY, 0.0) for back in (3, 2, 1)]),
    ],
)
def test_odd_series_are_drawn_too(says: str, loads: list[tuple[date, float | None]]) -> None:
    """Unobserved is not rest, and rest is not an error."""
    assert says in " ".join(warning(loads=loads).text.split())


def test_bars_are_as_long_as_their_values() -> None:
    """24.15 km against 16.2 km: 100 % and 67 %; none where a difference or nothing is compared."""
    run, balance = EVIDENCE[0], EVIDENCE[2]

    assert re.findall(r'role="presentation" width="(\d+)%"', warning(spike(evidence=(run,))).html)[1:] == [
        "100",
        "67",
    ]
    assert (
        re.findall(r'role="presentation" width="(\d+)%"', warning(spike(evidence=(balance,))).html)[1:] == []
    )


def test_athlete_text_cannot_become_markup() -> None:
    """Names that judgement made up are escaped like anything else."""
    odd = Evidence("<b>x</b>", 1.0, "<i>", 2.0, NIGHT, NIGHT, "1")

    assert "<b>x" not in warning(spike(evidence=(odd,), unseen=("<script>",))).html


def test_persistent_tiredness_sends_to_a_doctor() -> None:
    """Stage 3 stops interpreting."""
    text = " ".join(
        warning(spike(cause=Cause.OVERREACHING, rule="persistent_overreaching", safety=False)).text.split()
    )

    assert "talk to a doctor or a sports clinician" in text
    assert "STRENGTH" not in text


class TestForecast:
    """The load model solved ahead, in the plan of mails whose reason is load."""

    def plan(self, found: Finding, **changes: object) -> str:
        told = samples.warning(found, ahead=AHEAD | changes)
        return " ".join(told.text.split())

    def test_it_names_two_mornings_and_what_today_has_room_for(self) -> None:
        """Half of the usual load a day, rest, and the most for today."""
        text = self.plan(finding())
        assert "near what you are used to by Saturday 7 March, with rest by Thursday 5 March" in text
        assert "Today about 31 load points are the most." in text

    def test_after_a_much_longer_run_today_has_no_figure(self) -> None:
        """The plan asks for rest."""
        text = self.plan(spike())
        assert "Saturday 7 March" in text
        assert "are the most" not in text

    @pytest.mark.parametrize(
        "quiet",
        [
            {"balanced_after_easy": None},  # balanced already, or beyond the horizon
            {"balanced_after_easy": NIGHT + timedelta(days=1)},  # the plan above ends later
        ],
    )
    def test_it_is_silent_where_it_says_nothing_new(self, quiet: dict[str, object]) -> None:
        """A date before the plan's own end would only confuse."""
        assert "Counted from load alone" not in self.plan(finding(), **quiet)

    def test_reasons_that_are_not_load_have_none(self) -> None:
        """Heat is not over with the balance."""
        assert "Counted from load alone" not in self.plan(
            finding(cause=Cause.HEAT_AND_FLUID, rule="any_other")
        )


def goldens() -> Iterator[tuple[str, Message]]:
    """The mails that are kept word for word."""
    heavy = finding(
        rule="hard_days",
        level=Level.POSSIBLE,
        channels={Channel.LOAD: 0.8, Channel.SELF_REPORT: 0.5},
        evidence=EVIDENCE[1:5],
        unseen=("heart_rate", "descent"),
    )
    tired = finding(
        cause=Cause.OVERREACHING,
        rule="possible_overreaching",
        evidence=EVIDENCE[1:6],
        until=None,
        unseen=("performance", "sleep_and_illness"),
    )
    yield "session_spike", warning(spike(), replace(tired, level=Level.POSSIBLE))
    yield "hard_days", warning(heavy, units=Units.IMPERIAL, loads=[], ahead=AHEAD)
    yield "possible_overreaching", warning(tired)
    yield "persistent_overreaching", warning(replace(tired, rule="persistent_overreaching"), loads=[])
    fewer = finding(cause=Cause.RUNNING_FORM, rule="fewer_steps", evidence=EVIDENCE[1:3], until=None)
    yield "with_chart", warning(fewer, chart=Picture(b"png", "What the picture shows, in words."))
    yield from (samples.service_mails() | samples.letters()).items()


@pytest.mark.parametrize(("name", "mail"), list(goldens()))
def test_mails_are_as_they_were(name: str, mail: Message) -> None:
    """Golden files; to write them anew: ``FRESHLEGS_REFRESH_GOLDEN=1 pytest tests/notify -k were``."""
    kept = {
        GOLDEN / f"{name}.txt": f"Subject: {mail.subject}\n\n{mail.text}",
        GOLDEN / f"{name}.html": mail.html,
    }
    if os.environ.get(REFRESH):
        GOLDEN.mkdir(exist_ok=True)
        for path, content in kept.items():
            path.write_text(content, encoding="utf-8")

    for path, content in kept.items():
        assert content == path.read_text(encoding="utf-8"), f"{path.name} differs; if meant, refresh it"


def test_kinds_and_the_right_to_unsubscribe() -> None:
    """A confirmation or a receipt is asked for or owed; warnings and reminders may be switched off."""
    mails = samples.service_mails() | samples.letters() | {"warning": warning()}
    by_kind = {mail.kind: mail for mail in mails.values()}

    assert set(by_kind) == set(MailKind)
    assert {kind for kind, mail in by_kind.items() if mail.unsubscribe_url} == set(CHOICES)


@pytest.mark.parametrize(
    ("expected", "value", "unit", "what"),
    [
        # whole numbers from ten on, one decimal below
        ("412 load points", 412.4, "load", ""),
        ("1 session", 1.0, "sessions", ""),
        ("0 sessions", 0.0, "sessions", ""),
        ("2.5 of 5", 2.5, "rating", "fatigue"),
        ("3.1 of 4", 3.06, "rating", "legs"),
        ("−36 %", -0.36, "ratio", "load_balance"),
        ("+1.5 points", 1.5, "points", "exertion_at_like_runs"),
        ("−7 beats a minute", -7.0, "bpm", "highest_hr_of_hard_runs"),
        ("154 beats a minute", 153.7, "bpm", ""),
        ("172 steps a minute", 171.9, "spm", ""),
        ("42 min", 42.2, "min", ""),
        ("2 h 05 min", 125.0, "min", ""),
        ("204 m", 204.0, "m", "descent"),
        ("18 °C", 18.2, "°C", ""),
        ("5 %", 5.0, "%", ""),
        # a unit nobody knows stands as it is; none at all, too
        ("7.3 parsec", 7.26, "parsec", ""),
        ("7.3", 7.26, "", ""),
    ],
)
def test_numbers_are_said_with_their_units(expected: str, value: float, unit: str, what: str) -> None:
    """No false precision, no bare figure where a word is known."""
    assert quantity.said(value, unit, Units.METRIC, what) == expected


@pytest.mark.parametrize(
    ("expected", "start", "until"),
    [
        ("today", 0, None),
        ("today", 0, 0),
        ("today until Wednesday 4 March", 0, 2),
        ("on Tuesday 3 March", 1, 1),
        ("from Tuesday 3 March", 1, None),
        ("from Tuesday 3 March until Wednesday 1 April", 1, 30),
    ],
)
def test_days_are_said_in_words(expected: str, start: int, until: int | None) -> None:
    """Weekdays with the date, English on every machine."""
    end = None if until is None else NIGHT + timedelta(days=until)

    assert days.placed(NIGHT + timedelta(days=start), end, NIGHT) == expected


@pytest.mark.parametrize(
    ("expected", "value"), [("strong", 0.75), ("clear", 0.5), ("faint", 0.1), ("nothing unusual", 0.0)]
)
def test_strengths_are_words(expected: str, value: float) -> None:
    """A channel's strength is never shown as a figure."""
    assert phrases.strength(value) == expected


def test_loads_reach_the_picture_day_by_day() -> None:
    """28 columns, the newest three in the strong colour, the unknown one as a question mark."""
    html = warning().html

    assert html.count('class="column"') == len(LOADS)
    assert html.count('class="day recent"') == 3
    assert html.count('class="unknown"') == 1
