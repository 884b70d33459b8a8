"""Send what lies in the outbox, each at most once: claim, send, and commit the hand-over before the dot."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from service.app import App
from service.domain.bounce import is_hard
from service.domain.message import Message
from service.errors import MailDeferred, MailInDoubt, MailRefused
from service.logs import log
from service.notify.envelope import Envelope
from service.notify.mime import envelope
from service.store.bounces import Verp
from service.store.mailbox import Outgoing

FIRST_RETRY = timedelta(minutes=2)
LONGEST_RETRY = timedelta(hours=2)
UNSPECIFIC = "5.0."
"""Said by the first server, our own, this may mean us."""
MOST_DOUBLINGS = 10
"""Far beyond the longest wait; without it the product would leave what a ``timedelta`` can hold."""


def deliver(app: App, subjects: Sequence[str]) -> None:
    """Mails that are queued or deferred and due."""
    for mail_id in map(UUID, subjects):
        with app.store.transaction() as tx:
            outgoing = tx.mailbox.take(mail_id, app.now())
        if outgoing is not None:
            _send(app, outgoing)


def _send(app: App, outgoing: Outgoing) -> None:
    """One attempt. The row is ``sending``; a crash before the hand-over leaves it safe to try again."""
    try:
        app.mailer.deliver(_envelope(app, outgoing), lambda: _handed(app, outgoing))
    except MailDeferred as error:
        retry_at = app.now() + _wait(outgoing.attempts)
        with app.store.transaction() as tx:
            tx.mailbox.deferred(outgoing.id, outgoing.token, str(error), retry_at)
        log().warning("mail_deferred", mail=outgoing.id, kind=outgoing.kind, attempt=outgoing.attempts)
    except MailRefused as error:
        with app.store.transaction() as tx:
            tx.mailbox.refused(outgoing.id, outgoing.token, str(error), app.now())
            if is_hard(error.status) and not error.status.startswith(UNSPECIFIC):
                tx.addresses.suppress(outgoing.recipient, "refused", app.now())
        log().error("mail_refused", mail=outgoing.id, kind=outgoing.kind)
    except MailInDoubt:
        with app.store.transaction() as tx:
            tx.mailbox.in_doubt(outgoing.id, outgoing.token, app.now())
        log().error("mail_in_doubt", mail=outgoing.id, kind=outgoing.kind)
    else:
        with app.store.transaction() as tx:
            tx.mailbox.sent(outgoing.id, outgoing.token, app.now())
        log().info("mail_sent", mail=outgoing.id, kind=outgoing.kind)


def _wait(attempts: int) -> timedelta:
    """Doubled after each attempt, up to two hours; a mail that crashed often has a large count."""
    doublings: int = 2 ** min(attempts - 1, MOST_DOUBLINGS)
    return min(FIRST_RETRY * doublings, LONGEST_RETRY)


def _handed(app: App, outgoing: Outgoing) -> None:
    """Commit that the message is out of our hands, before it is. From here on it is never sent again:
    a doubt is better than a double (reliability: 110 duplicates in 200 kills the other way round)."""
    with app.store.transaction() as tx:
        if not tx.mailbox.handed(outgoing.id, outgoing.token):
            raise MailDeferred("another worker has this message")


def _envelope(app: App, outgoing: Outgoing) -> Envelope:
    bounces = app.settings.bounce_address
    return envelope(
        Message(
            outgoing.kind,
            outgoing.night,
            outgoing.subject,
            outgoing.text,
            outgoing.html,
            outgoing.unsubscribe_url,
            outgoing.chart_png,
        ),
        sender=app.settings.mail_from,
        recipient=outgoing.recipient,
        message_id=outgoing.message_id,
        now=outgoing.queued_at,
        return_path=Verp(app.keyring, bounces).sender(outgoing.id) if bounces else None,
    )
