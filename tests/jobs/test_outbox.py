"""The outbox: what the three mails of the jobs are, and how often one may lie there."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from service.advise.calibration import Calibration
from service.advise.choose import advise
from service.domain.finding import Cause
from service.domain.history import Profile
from service.domain.measured import Share
from service.domain.night import Decision, MailKind
from service.domain.reply import Felt, Reply
from service.jobs.outbox import enqueue_receipt, enqueue_reconnect, enqueue_warning, links
from service.store.links import CHECK_IN, about_warning
from tests.apps import an_app, an_athlete
from tests.verdicts import assessment

NIGHT = date(2026, 3, 2)


@pytest.fixture
def athlete(app):
    return an_athlete(app)


def warn(app, tx, athlete, night=NIGHT):
    verdict = assessment(night=night)
    advice = advise(verdict, app.catalogue, profile=Profile())
    assert advice is not None
    return enqueue_warning(app, tx, athlete, verdict, advice)


def test_a_night_s_warning_lies_there_once(app, athlete):
    """Unique by athlete, night and kind, whatever asks."""
    with app.store.transaction() as tx:
        first = warn(app, tx, athlete)
        assert first is not None
        assert warn(app, tx, athlete) is None
        assert warn(app, tx, athlete, date(2026, 3, 3)) is not None


def test_a_warning_says_how_often_it_is_right(store, clock):
    """From what was measured, and from the athlete's own answers to earlier ones."""
    counted = Share(
        Cause.MUSCLE_FATIGUE, None, "an unusually sore morning", 0.6, 0.27, 52, 21, "A study, 2024"
    )
    with an_app(store, now=clock.now) as plain:
        app = replace(plain, calibration=Calibration((counted,), 20, 5))
        athlete = an_athlete(app)
        before = assessment(night=NIGHT - timedelta(days=9))
        with app.store.transaction() as tx:
            decision = Decision(kind=MailKind.WARNING, silent_because=None)
            tx.nights.record(athlete.id, before.night, before, decision, clock.now(), "digest")
            tx.replies.put(athlete.id, Reply(before.night, Felt.YES), clock.now())
            assert warn(app, tx, athlete) is not None
            found = tx.mailbox.of_night(athlete.id, MailKind.WARNING, NIGHT)
    text = " ".join(found[0].text.split())
    assert "Of 100 such warnings in open study data, 60 were followed by an unusually sore morning" in text
    assert "You have answered one warning of this kind: it matched how you felt." in text


def test_links_lead_to_this_service_and_stay_the_same(app, athlete):
    """An old mail's unsubscribe link must still work; each kind is stopped by its own."""
    with app.store.transaction() as tx:
        found = links(app, tx, athlete.id, MailKind.WARNING, NIGHT)
        assert links(app, tx, athlete.id, MailKind.WARNING, NIGHT) == found
        token = found.unsubscribe_url.rsplit("/", 1)[1].removesuffix("?kind=warning")
        assert tx.addresses.by_unsubscribe_token(token) == athlete.id
        lost = links(app, tx, athlete.id, MailKind.RECONNECT, NIGHT)
    assert found.status_url == "http://127.0.0.1:8000/status"
    assert lost.unsubscribe_url.endswith(token)
    assert (lost.mute_url, lost.reply_url) == (None, None)


def test_links_that_answer_open_their_own_page_for_their_own_time(app, athlete, clock):
    """The check-in for two days, the answer to the warning for two weeks; neither opens the other."""
    with app.store.transaction() as tx:
        found = links(app, tx, athlete.id, MailKind.WARNING, NIGHT)
        check_in, reply = (url.rsplit("t=", 1)[1] for url in (found.checkin_url, found.reply_url))
        assert found.mute_url == f"http://127.0.0.1:8000/reply/{NIGHT}?mute=1&t={reply}"
        opened = [
            tx.links.athlete(token, purpose, clock.now() + timedelta(days=days))
            for token, purpose, days in (
                (check_in, CHECK_IN, 1),
                (reply, about_warning(NIGHT), 13),
                (check_in, CHECK_IN, 3),
                (reply, about_warning(NIGHT), 15),
                (check_in, about_warning(NIGHT), 1),
            )
        ]
    assert opened == [athlete.id, athlete.id, None, None, None]


def test_a_warning_can_be_unsubscribed_from_and_the_receipt_cannot(app, athlete):
    """Who is forgotten gets no further mail to stop."""
    with app.store.transaction() as tx:
        warn(app, tx, athlete)
        enqueue_receipt(app, tx, "gone@example.org")
        warning, receipt = tx.mailbox.latest(kind=MailKind.WARNING), tx.mailbox.latest(kind=MailKind.ERASED)
    assert warning.unsubscribe_url is not None
    assert receipt.unsubscribe_url is None


def test_connections_lost_twice_are_told_twice(app, athlete):
    """Another loss on the same day is other news; only warnings are one a night."""
    with app.store.transaction() as tx:
        assert enqueue_reconnect(app, tx, athlete.id) is not None
        assert enqueue_reconnect(app, tx, athlete.id) is not None


def test_two_who_leave_on_one_day_both_get_their_receipt(app):
    """The rows belong to nobody and must not be taken for doubles."""
    with app.store.transaction() as tx:
        assert enqueue_receipt(app, tx, "one@example.org") is not None
        assert enqueue_receipt(app, tx, "two@example.org") is not None


@pytest.mark.parametrize(
    ("sender", "domain"),
    [
        ("freshlegs <legs@club.example>", "club.example"),  # a name and an address
        ("legs@club.example", "club.example"),  # an address
        ("nonsense", "localhost"),  # neither
    ],
)
def test_message_ids_are_of_the_sender_s_domain(store, clock, sender, domain):
    """Spam filters look at it."""
    with an_app(store, now=clock.now, mail_from=sender) as app:
        assert app.mail_domain == domain
