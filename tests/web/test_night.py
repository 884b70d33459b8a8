"""The evidence page of a night."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from service.domain.finding import Cause, Context, Finding, Learning, State
from service.domain.history import CheckIn
from service.domain.message import Message
from service.domain.night import Decision, MailKind, Silence
from service.domain.rule import Chapter, Constant
from service.store.outgoing import MailState
from service.web.night import CONTEXTS, MAIL_STATES
from tests.verdicts import assessment, finding
from tests.web.conftest import NOW, Site
from tests.web.test_status import MAILED, NIGHT, SILENT, clear, judged

PAGE = f"/nights/{NIGHT}"


def behind(cause: Cause) -> Sequence[Chapter]:
    own = Constant("window_days", "30", "days", "A", f"A study of {cause.value}")
    return [Chapter(cause.value, (own,)), Chapter("Shared", ())]


def test_everything_behind_a_warning(build: Callable[..., Site]) -> None:
    """Inputs, circumstances, what was ruled out, constants with their sources, version and fingerprint."""
    browser = (site := build(behind=behind)).athlete()
    verdict = assessment(
        finding(ruled_out=("heart_rate",)),
        finding(cause=Cause.OVERREACHING, level=None),
        night=NIGHT,
        contexts=frozenset({Context.TRAVEL}),
        unseen=("precise_load",),
    )
    judged(site, browser.athlete_id, verdict, decision=MAILED)
    text = browser.get(PAGE).text
    for owed in (
        "A mail was written.",
        "52 load points a day",
        "17800 m",
        "A journey across time zones",
        "Precise load.",
        "Heart rate.",
        "A study of muscle_fatigue",
        "A study of overreaching",
        "test</dd>",
        "<code>digest</code>",
    ):
        assert owed in text
    assert text.count("<summary>Shared") == 1


def test_how_often_such_a_warning_was_right_stands_beside_it(build: Callable[..., Site]) -> None:
    """Beside what may be written about, for that athlete; what is only noted promises nothing."""
    asked = []

    def measured(athlete_id: UUID, each: Finding) -> str:
        asked.append((athlete_id, each.cause))
        return "Of 100 such warnings, 40 were right."

    browser = (site := build(measured=measured)).athlete()
    noted = finding(cause=Cause.OVERREACHING, level=None)
    judged(site, browser.athlete_id, assessment(finding(), noted, night=NIGHT), decision=MAILED)
    assert browser.get(PAGE).text.count("Of 100 such warnings, 40 were right.") == 1
    assert asked == [(browser.athlete_id, Cause.MUSCLE_FATIGUE)]


def test_the_mail_stands_there_as_it_was_written(site: Site) -> None:
    """Subject, whole text, and what became of it; later only that it was."""
    browser = site.athlete()
    judged(site, browser.athlete_id, assessment(night=NIGHT), decision=MAILED)
    mail = Message(MailKind.WARNING, NIGHT, "Easy days", "Rest <today>.", "<p>Rest.</p>", "https://a.test/u")
    with site.store.transaction() as tx:
        tx.mailbox.put(browser.athlete_id, MailKind.WARNING, NIGHT, mail, "<1@a.test>", NOW)
    text = browser.get(PAGE).text
    assert "<summary>Easy days</summary><pre>Rest &lt;today&gt;.</pre>" in text
    assert "About to leave." in text
    with site.store.transaction() as tx:
        tx.connection.exec_driver_sql("UPDATE mail SET state = 'sent', settled_at = queued_at")
        tx.mailbox.purge(NOW + timedelta(days=31))
    text = browser.get(PAGE).text
    assert "Rest" not in text
    assert "kept for thirty days" in text


def test_no_word_on_training_while_a_red_flag_is_up(site: Site) -> None:
    """The numbers stay; how far to run and what the mail advised come back once it is over."""
    browser = site.athlete()
    judged(site, browser.athlete_id, assessment(finding(), night=NIGHT), decision=MAILED)
    mail = Message(MailKind.WARNING, NIGHT, "Easy days", "Rest today.", "<p>Rest.</p>", "https://a.test/u")
    with site.store.transaction() as tx:
        tx.mailbox.put(browser.athlete_id, MailKind.WARNING, NIGHT, mail, "<1@a.test>", NOW)
        tx.checkins.put(browser.athlete_id, CheckIn(NOW.date(), pain=True), NOW)
    text = browser.get(PAGE).text
    assert "Longest run" in text
    assert "A tenth beyond" not in text
    assert "Rest today" not in text
    assert "it is not shown until you tell us" in text
    with site.store.transaction() as tx:
        tx.checkins.put(browser.athlete_id, CheckIn(NOW.date(), pain=False), NOW)
    text = browser.get(PAGE).text
    assert "A tenth beyond" in text
    assert "Rest today." in text


def test_a_mail_kept_back_for_a_red_flag_says_so(site: Site) -> None:
    """Not that an address is gone."""
    browser = site.athlete()
    judged(site, browser.athlete_id, assessment(night=NIGHT), decision=Decision(None, Silence.RED_FLAG))
    mail = Message(MailKind.WARNING, NIGHT, "Easy days", "Rest today.", "<p>Rest.</p>", "https://a.test/u")
    with site.store.transaction() as tx:
        tx.mailbox.put(browser.athlete_id, MailKind.WARNING, NIGHT, mail, "<1@a.test>", NOW)
        tx.connection.exec_driver_sql("UPDATE mail SET state = 'suppressed', error = 'red_flag'")
    assert "Not sent: you had told us of illness or pain." in browser.get(PAGE).text


def test_a_silent_night_says_why(site: Site) -> None:
    """The reason is evidence too."""
    browser = site.athlete()
    judged(site, browser.athlete_id, clear(), decision=Decision(None, Silence.COOLDOWN))
    assert "No mail: we wrote about this a few days ago." in browser.get(PAGE).text


def test_a_first_night_has_little_to_show(site: Site) -> None:
    """No figure that was not known."""
    learning = replace(
        clear(),
        state=State.LEARNING,
        learning=Learning(2, 12, 5, 28),
        fitness=None,
        fatigue=None,
        longest_safe_m=None,
    )
    browser = site.athlete()
    judged(site, browser.athlete_id, learning, decision=SILENT)
    text = browser.get(PAGE).text
    assert "2 of 12" in text
    assert "load points a day" not in text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nights/2026-03-11", 404),  # not judged
        ("/nights/yesterday", 400),  # no date
        ("/nights/2026-13-01", 400),  # no month
    ],
)
def test_no_such_night(site: Site, path: str, status: int) -> None:
    """Said plainly."""
    browser = site.athlete()
    judged(site, browser.athlete_id, clear())
    assert browser.get(path).status_code == status


def test_nobody_sees_another_athletes_night(site: Site) -> None:
    """The same address shows each their own."""
    first, second = site.athlete(1), site.athlete(2)
    judged(site, first.athlete_id, clear())
    assert first.get(PAGE).status_code == 200
    assert second.get(PAGE).status_code == 404


def test_every_circumstance_and_state_has_words() -> None:
    """A constant without a sentence would show its name to an athlete."""
    assert set(CONTEXTS) == set(Context)
    assert set(MAIL_STATES) >= set(MailState)
