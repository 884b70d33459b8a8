"""The athlete's page."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from service.domain.advice import Advice, Suggestion
from service.domain.athlete import Units
from service.domain.finding import Assessment, Cause, Channel, Learning, Level, State
from service.domain.history import CheckIn, Profile
from service.domain.night import Decision, MailKind, Silence
from service.web import words
from tests.verdicts import assessment, finding
from tests.web.conftest import CODE, Browser, Site, grant

NIGHT = date(2026, 3, 12)
SILENT = Decision(None, Silence.NOTHING_FOUND)
MAILED = Decision(MailKind.WARNING, None)


def judged(site: Site, athlete: UUID, *verdicts: Assessment, decision: Decision = SILENT) -> None:
    """Keep verdicts, as the nightly job does."""
    with site.store.transaction() as tx:
        for verdict in verdicts:
            tx.nights.record(athlete, verdict.night, verdict, decision, site.clock(), "digest")


def page_with(site: Site, *verdicts: Assessment, decision: Decision = SILENT) -> str:
    browser = site.athlete()
    judged(site, browser.athlete_id, *verdicts, decision=decision)
    return browser.get("/status").text


def clear(night: date = NIGHT) -> Assessment:
    return replace(assessment(night=night), state=State.CLEAR, findings=(), level=None)


def test_the_first_verdict_is_waited_for(site: Site) -> None:
    """The page loads itself again until there is one, and then no more."""
    browser = site.athlete()
    before = browser.get("/status").text
    assert "Reading your runs" in before
    assert '<meta http-equiv="refresh" content="5">' in before
    with site.store.transaction() as tx:
        tx.athletes.synced(
            browser.athlete_id,
            site.clock(),
            zone="Europe/Oslo",
            next_sync_at=site.clock() + timedelta(hours=20),
        )
    assert "Looking at your first night" in browser.get("/status").text
    judged(site, browser.athlete_id, clear())
    assert "http-equiv" not in browser.get("/status").text


def test_who_lost_the_connection_does_not_wait(site: Site) -> None:
    """Nothing is coming, so nothing loads again."""
    browser = site.athlete()
    with site.store.transaction() as tx:
        tx.athletes.needs_reconnect(browser.athlete_id, site.clock())
    text = browser.get("/status").text
    assert "There is no verdict yet." in text
    assert "http-equiv" not in text


def test_learning_is_a_result(site: Site) -> None:
    """So many of so many, in those words."""
    verdict = replace(clear(), state=State.LEARNING, learning=Learning(7, 12, 20, 28))
    text = page_with(site, verdict, decision=Decision(None, Silence.LEARNING))
    assert "learning: 7 of 12 runs" in text
    assert "20 of 28 days known" in text


def test_clear_is_no_promise(site: Site) -> None:
    """Nobody is told that they are safe."""
    text = page_with(site, clear())
    assert "Nothing stands out from your own normal." in text
    assert "not a promise" in text
    assert "safe" not in text


def test_watch_does_not_frighten(site: Site) -> None:
    """Something differs; that is all."""
    text = page_with(site, replace(assessment(night=NIGHT), state=State.WATCH))
    assert "Worth watching, not worrying." in text


def test_a_warning_shows_its_evidence(site: Site) -> None:
    """Numbers beside the own normal, days, how sure and why, what was not seen, what was ruled out."""
    found = finding(unseen=("descent",), ruled_out=("heart_rate",))
    verdict = assessment(found, night=NIGHT, unseen=("descent", "precise_load"))
    text = page_with(site, verdict, decision=MAILED)
    for words_ in (
        "24150 m",
        "16200 m",
        "+49 %",
        "Likely: training load and how you said you feel agree.",
        "Could not be seen",
        "Descent.",
        "Ruled out",
        "Heart rate.",
        "Precise load.",
        "up to 17800 m",
        "a mail was written",
    ):
        assert words_ in text
    assert text.count("Descent.") == 1


def test_a_run_is_linked_in_stravas_words(site: Site) -> None:
    """Exactly "View on Strava", and only where there is a number of Strava's."""
    strange = replace(finding().evidence[0], activity_id='1"><script>')
    text = page_with(site, assessment(finding(evidence=(*finding().evidence, strange)), night=NIGHT))
    assert 'href="https://www.strava.com/activities/12345678901" rel="noreferrer">View on Strava</a>' in text
    assert text.count("View on Strava") == 1
    assert "<script>" not in text


def test_the_words_of_the_mails_are_used(build: Callable[..., Site]) -> None:
    """Pages and mails speak alike: the wiring hands the phrases over."""

    class Phrases(words.Spelt):
        def evidence(self, name: str) -> str:
            return f"<{name}>"

        def headline(self, finding: object, until: str) -> str:
            return f"Easy until {until}"

    def said(value: float, unit: str, units: Units, what: str = "") -> str:
        return f"{value:.0f}{unit}/{units.value}/{what}"

    site = build(phrases=Phrases(), said=said)
    text = page_with(site, assessment(night=NIGHT))
    assert "Easy until Wednesday 4 March." not in text  # a window that is over is not named
    assert "Easy until Thursday 12 March." in text
    assert "&lt;longest_run&gt;" in text
    assert "24150m/metric/longest_run" in text


def test_one_thing_to_do(build: Callable[..., Site]) -> None:
    """The first suggestion of the advice, with its limits."""

    def advise(assessment: Assessment, profile: Profile) -> Advice:
        now = Suggestion("Keep today easy", "Walk.", "own", NIGHT)
        return Advice(Cause.MUSCLE_FATIGUE, now, (), None, "?", "We only see what was recorded.")

    text = page_with(build(advise=advise), assessment(night=NIGHT))
    assert "<strong>Keep today easy.</strong> Walk." in text
    assert "We only see what was recorded." in text


def test_what_is_worth_watching_calls_for_nothing(build: Callable[..., Site]) -> None:
    """Advice comes with a warning, not before."""
    site = build(advise=lambda assessment, profile: pytest.fail("nobody asked"))
    text = page_with(site, replace(assessment(night=NIGHT), state=State.WATCH))
    assert "One thing to do" not in text


def test_the_last_nights_say_why_there_was_no_mail(site: Site) -> None:
    """Newest first, with the reason."""
    browser = site.athlete()
    judged(
        site, browser.athlete_id, clear(NIGHT - timedelta(days=1)), decision=Decision(None, Silence.COOLDOWN)
    )
    judged(site, browser.athlete_id, clear(NIGHT))
    text = browser.get("/status").text
    assert text.index("Thu 12 Mar") < text.index("Wed 11 Mar")
    assert "no mail: we wrote about this a few days ago" in text


def test_a_verdict_that_grew_old_says_so(site: Site) -> None:
    """Nothing pretends to be from this morning."""
    browser = site.athlete()
    judged(site, browser.athlete_id, clear(NIGHT - timedelta(days=3)))
    assert "3 days ago" in browser.get("/status").text


@pytest.mark.parametrize(
    ("scope", "said", "unsaid"),
    [
        ("read,activity:read_all,profile:read_all", "heart rate zones", "do not share"),  # all
        ("read,activity:read,profile:read_all", "You do not share private activities", "your profile"),
        ("read,activity:read_all", "You do not share your profile", "private activities. They"),
    ],
)
def test_missing_scopes_are_explained(site: Site, scope: str, said: str, unsaid: str) -> None:
    """What was not granted, and what that does to the verdicts."""
    site.strava.answers[CODE] = grant()
    browser = site.browser()
    browser.connect(scope=scope)
    text = browser.get("/status").text
    assert said in text
    assert unsaid not in text


def mail_section(browser: Browser) -> str:
    return browser.get("/status").text.partition('<h2 id="mail">')[2].partition("</section>")[0]


def test_the_mail_section_tells_where_the_address_stands(site: Site) -> None:
    """None, pending, confirmed, switched off, changing."""
    browser = site.athlete()
    athlete = browser.athlete_id
    assert "No address, so no mails." in mail_section(browser)
    with site.store.transaction() as tx:
        token = tx.addresses.propose(athlete, "ola@example.org", site.clock())
    assert "A mail is on its way to you." in mail_section(browser)
    with site.store.transaction() as tx:
        tx.addresses.confirm(token, site.clock())
    assert "Warnings go to your confirmed address." in mail_section(browser)
    browser.submit("/status", "/mail", warnings="off")
    assert "switched off" in mail_section(browser)
    browser.submit("/status", "/mail", warnings="on")
    with site.store.transaction() as tx:
        tx.addresses.propose(athlete, "kari@example.org", site.clock())
    assert "A new address waits to be confirmed." in mail_section(browser)


def test_no_page_shows_the_address(site: Site) -> None:
    """It is stored encrypted, and a page left open should not tell it either."""
    browser = site.athlete()
    browser.submit("/welcome", "/address", address="canary@example.org")
    assert "canary" not in browser.get("/status").text


def test_every_silence_and_state_has_words() -> None:
    """A constant without a sentence would show its name to an athlete."""
    assert set(Silence) == set(words.SILENCES)
    assert set(State) == set(words.STATES)
    assert set(Cause) == set(words.CAUSES)
    assert set(Channel) == set(words.CHANNELS)
    assert set(Level) == set(words.LEVELS)


@pytest.mark.parametrize(
    ("channels", "level", "expected"),
    [
        ({Channel.LOAD: 0.9}, Level.POSSIBLE, "Possible: training load shows it."),  # one agrees
        (
            {Channel.LOAD: 0.9, Channel.FORM: 0.5},
            Level.LIKELY,
            "Likely: training load and running form agree.",
        ),
        (
            {Channel.LOAD: 0.9, Channel.FORM: 0.6, Channel.ENVIRONMENT: 0.7},
            Level.STRONG,
            "Strong: training load, running form and the heat agree.",
        ),
        (
            {Channel.LOAD: 0.9, Channel.FORM: 0.1},
            None,
            "Only noted: training load shows it; running form only faintly.",
        ),
        ({Channel.LOAD: 0.0}, None, "Only noted."),  # nothing agrees, nothing is faint
    ],
)
def test_how_sure_and_why(channels: dict[Channel, float], level: Level | None, expected: str) -> None:
    """The level, and which kinds of observation stand behind it."""
    assert expected == words.how_sure(finding(channels=channels, level=level))


@pytest.mark.parametrize(
    ("value", "unit", "baseline", "expected"),
    [
        (24.2, "km", 17.3, "+40 %"),  # more than usual
        (10.0, "min", 20.0, "−50 %"),  # less, with a real minus sign
        (149.0, "load", 34.0, "4 times"),  # so much more that per cent say little
        (10.0, "min", None, ""),  # nothing to compare with
        (10.0, "min", 0.0, ""),  # a difference to nothing has no per cent
        (-0.3, "ratio", 0.1, ""),  # a balance has none either
        (2.0, "rating", 3.0, ""),  # nor has an answer
    ],
)
def test_change(value: float, unit: str, baseline: float | None, expected: str) -> None:
    """Per cent only where they mean something."""
    assert expected == words.change(value, unit, baseline)


def test_days_are_said_in_english() -> None:
    """Whatever the machine's locale."""
    found: Sequence[str] = (
        words.day(NIGHT),
        words.span(NIGHT, NIGHT),
        words.span(NIGHT - timedelta(days=2), NIGHT),
        words.moment(None),
    )
    assert tuple(found) == ("Thursday 12 March", "Thu 12 Mar", "Tue 10 Mar – Thu 12 Mar", "not yet")


def test_soreness_that_lasts_is_no_matter_of_training(site: Site) -> None:
    """More than a week of it, told each time: whom to ask stands first."""
    browser = site.athlete()
    today = site.clock.at.date()
    with site.store.transaction() as tx:
        for ago in (8, 6, 3, 1):
            tx.checkins.put(
                browser.athlete_id, CheckIn(today - timedelta(days=ago), soreness=1), site.clock.at
            )
    assert "for longer than training explains" in browser.get("/status").text
    with site.store.transaction() as tx:
        tx.checkins.put(browser.athlete_id, CheckIn(today, soreness=4), site.clock.at)
    assert "for longer than training explains" not in browser.get("/status").text
