"""Put a mail into the outbox, in the transaction that decided it. Sending is another job."""

from email.utils import make_msgid
from uuid import UUID, uuid4

from service.app import App
from service.domain.advice import Advice
from service.domain.athlete import Athlete
from service.domain.finding import Assessment
from service.domain.message import Message
from service.domain.night import MailKind
from service.jobs.importing import Tally
from service.notify import message
from service.store.session import Transaction


def links(app: App, tx: Transaction, athlete_id: UUID) -> message.Links:
    """Where the links of one athlete's mails lead."""
    base = app.settings.base_url
    return message.Links(
        status_url=f"{base}/status",
        checkin_url=f"{base}/checkin",
        unsubscribe_url=f"{base}/unsubscribe/{tx.addresses.unsubscribe_token(athlete_id)}",
    )


def enqueue_warning(
    app: App, tx: Transaction, athlete: Athlete, assessment: Assessment, advice: Advice, *, held: bool = False
) -> UUID | None:
    """The night's warning; ``None`` if it lies there already (unique: athlete, night, kind). ``held``: it
    waits for an admin."""
    warning = message.warning(assessment, advice, links=links(app, tx, athlete.id), units=athlete.units)
    return _put(app, tx, athlete.id, warning, held=held)


def enqueue_reconnect(app: App, tx: Transaction, athlete_id: UUID) -> UUID | None:
    """Tell the athlete that the connection to Strava is lost."""
    night = app.now().date()
    lost = message.reconnect(f"{app.settings.base_url}/", night=night, links=links(app, tx, athlete_id))
    return _put(app, tx, athlete_id, lost)


def enqueue_imported(app: App, tx: Transaction, athlete_id: UUID, tally: Tally) -> UUID | None:
    """Tell the athlete what became of the archive they uploaded; ``None`` without a confirmed address."""
    if tx.addresses.confirmed(athlete_id) is None:
        return None
    figures = message.Imported(tally.read, tally.new, tally.known + tally.changed, len(tally.refused))
    mail = message.imported(figures, night=app.now().date(), status_url=f"{app.settings.base_url}/status")
    return _put(app, tx, athlete_id, mail)


def enqueue_receipt(app: App, tx: Transaction, address: str) -> UUID | None:
    """Confirm in writing that everything is deleted; the row is nobody's and goes a day after it is sent."""
    receipt = message.erased(night=app.now().date())
    return _put(app, tx, None, receipt, address=address)


def _put(
    app: App,
    tx: Transaction,
    athlete_id: UUID | None,
    mail: Message,
    *,
    address: str | None = None,
    held: bool = False,
) -> UUID | None:
    number = 0 if mail.kind is MailKind.WARNING else tx.mailbox.next_number(athlete_id, mail.kind, mail.night)
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
    )
