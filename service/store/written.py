"""On which nights which mails were written to an athlete, for who must not write too often."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from sqlalchemy import Connection, select

from service.domain.night import MailKind
from service.store.outgoing import MailState
from service.store.tables import MailRow

NEVER_READ = (MailState.EXPIRED, MailState.SUPPRESSED)


class Written:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def nights(self, athlete_id: UUID, kinds: Iterable[MailKind], since: date) -> list[date]:
        """Nights from ``since`` on with a mail of one of these kinds, oldest first; one that was never sent
        was never read."""
        query = (
            select(MailRow.night)
            .where(
                MailRow.athlete_id == athlete_id,
                MailRow.kind.in_(tuple(kinds)),
                MailRow.night >= since,
                MailRow.state.not_in(NEVER_READ),
            )
            .order_by(MailRow.night)
        )
        return list(self._connection.execute(query).scalars())
