"""Send what lies in the outbox, each at most once: claim, send, and commit the hand-over before the dot."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from service.app import App
from service.domain.bounce import is_hard
from service.domain.message import Message
from service.errors import MailDeferred, MailInDoubt, MailRefused
from service.faults import point
from service.logs import log
from service.notify.envelope import Envelope
from service.notify.mime import envelope
from service.store.bounces import Verp
from service.store.mailbox import Outgoing
from service.store.session import Transaction, retrying

FIRST_RETRY = timedelta(minutes=2)
LONGEST_RETRY = timedelta(hours=2)
UNSPECIFIC = "5.0."
"""Said by the first server, our own, this may mean us."""
NOTED_WITHIN_S = 30.0
"""A restart of Postgres takes seconds; mail servers wait for minutes, a stop of ours does not wait at all."""
MOST_DOUBLINGS = 10
"""Far beyond the longest wait; without it the product would leave what a ``timedelta`` can hold."""


def deliver(app: App, subjects: Sequence[str]) -> None:
    """Mails that are queued or deferred and due."""
    for mail_id in map(UUID, subjects):
        with app.store.transaction() as tx:
            outgoing = tx.mailbox.take(mail_id, app.now())
        if outgoing is not None:
            point("mail_taken")
            _send(app, outgoing)


def _send(app: App, outgoing: Outgoing) -> None:
    """One attempt. The row is ``sending``; a crash before the hand-over leaves it safe to try again."""
    mail, token, now = outgoing.id, outgoing.token, app.now()
    try:
        app.mailer.deliver(_envelope(app, outgoing), lambda: _handed(app, outgoing))
    except MailDeferred as error:
        code, retry_at = str(error), now + _wait(outgoing.attempts)
        _note(app, lambda tx: tx.mailbox.deferred(mail, token, code, retry_at))
        log().warning("mail_deferred", mail=mail, kind=outgoing.kind, attempt=outgoing.attempts)
    except MailRefused as error:
        _note(app, partial(_refused, outgoing=outgoing, error=error, now=now))
        log().error("mail_refused", mail=mail, kind=outgoing.kind)
    except MailInDoubt:
        _note(app, lambda tx: tx.mailbox.in_doubt(mail, token, now))
        log().error("mail_in_doubt", mail=mail, kind=outgoing.kind)
    else:
        point("mail_gone")
        _note(app, lambda tx: tx.mailbox.sent(mail, token, now))
        log().info("mail_sent", mail=mail, kind=outgoing.kind)


def _note(app: App, outcome: Callable[[Transaction], object]) -> None:
    """Write down what became of it, as soon as the database is there: it may have gone in the moment between
    the server's answer and this line, and what is known need not end as a doubt. Noted twice it is noted
    once, because only the token of this attempt may; and nothing here can send."""
    retrying(app.store, outcome, within_s=NOTED_WITHIN_S)


def _refused(tx: Transaction, outgoing: Outgoing, error: MailRefused, now: datetime) -> None:
    tx.mailbox.refused(outgoing.id, outgoing.token, str(error), now)
    if is_hard(error.status) and not error.status.startswith(UNSPECIFIC):
        tx.addresses.suppress(outgoing.recipient, "refused", now)


def _wait(attempts: int) -> timedelta:
    """Doubled after each attempt, up to two hours; a mail that crashed often has a large count."""
    doublings: int = 2 ** min(attempts - 1, MOST_DOUBLINGS)
    return min(FIRST_RETRY * doublings, LONGEST_RETRY)


def _handed(app: App, outgoing: Outgoing) -> None:
    """Commit that the message is out of our hands, before it is. From here on it is never sent again:
    a doubt is better than a double (reliability: 110 duplicates in 200 kills the other way round).

    The body has not left, so this may be tried again: if the commit that broke off was one after all, the
    second says no, and the mail is put off under the same token."""
    if not retrying(
        app.store, lambda tx: tx.mailbox.handed(outgoing.id, outgoing.token), within_s=NOTED_WITHIN_S
    ):
        raise MailDeferred("another worker has this message, or mail was stopped")
    point("mail_handed")


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
