"""What athletes said to warnings, and which reasons they muted."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from service.domain.finding import Cause
from service.domain.measured import Felts
from service.domain.reply import Felt, Reply
from service.store.tables import NightRow
from service.store.tables_voice import MuteRow, WarningReplyRow


class Replies:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, athlete_id: UUID, reply: Reply, now: datetime) -> None:
        """Keep an answer; what is not said this time keeps its earlier answer, "wrong" stays said."""
        row = insert(WarningReplyRow).values(
            athlete_id=athlete_id, night=reply.night, felt=reply.felt, wrong=reply.wrong, answered_at=now
        )
        said = {
            "felt": func.coalesce(row.excluded.felt, WarningReplyRow.felt),
            "wrong": row.excluded.wrong | WarningReplyRow.wrong,
            "answered_at": now,
        }
        key = [WarningReplyRow.athlete_id, WarningReplyRow.night]
        self._connection.execute(row.on_conflict_do_update(index_elements=key, set_=said))

    def of(self, athlete_id: UUID, since: date) -> dict[date, Reply]:
        """Answers to warnings of nights from ``since`` on."""
        query = select(WarningReplyRow.night, WarningReplyRow.felt, WarningReplyRow.wrong).where(
            WarningReplyRow.athlete_id == athlete_id, WarningReplyRow.night >= since
        )
        return {
            night: Reply(night, Felt(felt) if felt else None, wrong)
            for night, felt, wrong in self._connection.execute(query)
        }

    def felt(self, athlete_id: UUID, cause: Cause) -> Felts:
        """How the athlete answered the warnings of one reason, of every night still kept."""
        query = (
            select(WarningReplyRow.felt, func.count())
            .join(
                NightRow,
                (NightRow.athlete_id == WarningReplyRow.athlete_id)
                & (NightRow.night == WarningReplyRow.night),
            )
            .where(
                WarningReplyRow.athlete_id == athlete_id,
                WarningReplyRow.felt.is_not(None),
                NightRow.cause == cause,
            )
            .group_by(WarningReplyRow.felt)
        )
        return Felts({Felt(felt): count for felt, count in self._connection.execute(query) if felt})

    def mute(self, athlete_id: UUID, cause: Cause, until: date, now: datetime) -> None:
        """Do not write about ``cause`` for nights before ``until``."""
        row = insert(MuteRow).values(athlete_id=athlete_id, cause=cause, until=until, muted_at=now)
        self._connection.execute(
            row.on_conflict_do_update(
                index_elements=[MuteRow.athlete_id, MuteRow.cause], set_={"until": until, "muted_at": now}
            )
        )

    def unmute(self, athlete_id: UUID, cause: Cause) -> None:
        self._connection.execute(
            delete(MuteRow).where(MuteRow.athlete_id == athlete_id, MuteRow.cause == cause)
        )

    def muted(self, athlete_id: UUID, night: date) -> dict[Cause, date]:
        """The causes not to be written about on ``night``, each with the first night it may be again."""
        query = select(MuteRow.cause, MuteRow.until).where(
            MuteRow.athlete_id == athlete_id, MuteRow.until > night
        )
        return {Cause(cause): until for cause, until in self._connection.execute(query)}
