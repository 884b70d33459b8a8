"""Put a mail into the outbox, in the transaction that decided it. Sending is another job."""

from collections.abc import Sequence
from datetime import date, timedelta
from email.utils import make_msgid
from uuid import UUID, uuid4

from service.app import App
from service.domain.advice import Advice
from service.domain.athlete import Athlete
from service.domain.course import Day
from service.domain.finding import Assessment, Cause, Finding
from service.domain.message import Message
from service.domain.night import MailKind
from service.jobs.importing import Tally
from service.notify import message
from service.notify.chart import picture
from service.notify.measured import sentence
from service.store.links import CHECK_IN, about_warning
from service.store.session import Transaction

LOAD_DAYS = 28
TRENDS = frozenset({Cause.OVERREACHING, Cause.RUNNING_FORM})
"""Reasons whose claim is a trend over weeks, not one session."""
CHECK_IN_LASTS = timedelta(days=2)
REPLY_LASTS = timedelta(days=14)
ONE_A_NIGHT = frozenset({MailKind.WARNING, MailKind.CHECK_IN, MailKind.LONG_RUN, MailKind.WEEKLY})


def links(app: App, tx: Transaction, athlete_id: UUID, kind: MailKind, night: date) -> message.Links:
    """Where the links of one athlete's mail lead. Those that answer work without signing in, for a while."""
    base = app.settings.base_url
    check_in = tx.links.make(athlete_id, CHECK_IN, app.now() + CHECK_IN_LASTS)
    reply = tx.links.make(athlete_id, about_warning(night), app.now() + REPLY_LASTS)
    warns = kind is MailKind.WARNING
    return message.Links(
        status_url=f"{base}/status",
        checkin_url=f"{base}/checkin?t={check_in}",
        unsubscribe_url=unsubscribe_url(app, tx, athlete_id, kind),
        mute_url=f"{base}/reply/{night}?mute=1&t={reply}" if warns else None,
        reply_url=f"{base}/reply/{night}?t={reply}" if warns else None,
    )


def unsubscribe_url(app: App, tx: Transaction, athlete_id: UUID, kind: MailKind) -> str:
    """Stops this kind of mail; the last mail of a lost connection offers to stop them all."""
    link = f"{app.settings.base_url}/unsubscribe/{tx.addresses.unsubscribe_token(athlete_id)}"
    return link if kind is MailKind.RECONNECT else f"{link}?kind={kind}"


def enqueue_warning(
    app: App,
    tx: Transaction,
    athlete: Athlete,
    assessment: Assessment,
    advice: Advice,
    *,
    course: Sequence[Day] = (),
    held: bool = False,
) -> UUID | None:
    """The night's warning; ``None`` if it lies there already (unique: athlete, night, kind). ``course`` are
    the days before it, drawn as a picture where the claim is a trend. ``held``: it waits for an admin."""
    leading = assessment.leading
    trend = leading is not None and leading.cause in TRENDS
    warning = message.warning(
        assessment,
        advice,
        links=links(app, tx, athlete.id, MailKind.WARNING, assessment.night),
        units=athlete.units,
        loads=[(day.date, day.load) for day in course[-LOAD_DAYS:]],
        measured=measured(app, tx, athlete.id, leading) if leading else None,
        picture=picture(course) if trend else None,
    )
    return put(app, tx, athlete.id, warning, held=held)


def measured(app: App, tx: Transaction, athlete_id: UUID, finding: Finding) -> str:
    """How often such a warning was right: on other people, and by the athlete's own answers."""
    return sentence(app.calibration.of(finding), tx.replies.felt(athlete_id, finding.cause))


def enqueue_reconnect(app: App, tx: Transaction, athlete_id: UUID) -> UUID | None:
    """Tell the athlete that the connection to Strava is lost."""
    night = app.now().date()
    lost = message.reconnect(
        f"{app.settings.base_url}/", night=night, links=links(app, tx, athlete_id, MailKind.RECONNECT, night)
    )
    return put(app, tx, athlete_id, lost)


def enqueue_imported(app: App, tx: Transaction, athlete_id: UUID, tally: Tally) -> UUID | None:
    """Tell the athlete what became of the archive they uploaded; ``None`` without a confirmed address."""
    if tx.addresses.confirmed(athlete_id) is None:
        return None
    figures = message.Imported(tally.read, tally.new, tally.known + tally.changed, len(tally.refused))
    mail = message.imported(figures, night=app.now().date(), status_url=f"{app.settings.base_url}/status")
    return put(app, tx, athlete_id, mail)


def enqueue_receipt(app: App, tx: Transaction, address: str) -> UUID | None:
    """Confirm in writing that everything is deleted; the row is nobody's and goes a day after it is sent."""
    receipt = message.erased(night=app.now().date())
    return put(app, tx, None, receipt, address=address)


def put(
    app: App,
    tx: Transaction,
    athlete_id: UUID | None,
    mail: Message,
    *,
    address: str | None = None,
    held: bool = False,
    flagged: bool = False,
) -> UUID | None:
    """Queue a finished mail. Without ``address`` it goes to the one the athlete has confirmed by then."""
    number = 0 if mail.kind in ONE_A_NIGHT else tx.mailbox.next_number(athlete_id, mail.kind, mail.night)
    return tx.mailbox.put(
        athlete_id,
        mail.kind,
        mail.night,
        mail,
        make_msgid(idstring=uuid4().hex, domain=app.mail_domain),
        app.now(),
        number=number,
        address=address,
        held=held,
        flagged=flagged,
    )
