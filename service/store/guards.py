"""Two switches that stop mail: one an admin turns, and a breaker that a bad night trips by itself.

A warning that the breaker stops is written all the same and lies ``held`` in the outbox, its night silent as
``held``. An admin releases all of them or discards them; nothing is sent twice, because the mail's key stays.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, func, select, update
from sqlalchemy.dialects.postgresql import insert

from service.domain.night import MailKind, Silence
from service.store.nights import retell
from service.store.outgoing import MailState
from service.store.tables import MailRow, NightRow
from service.store.tables_service import SwitchRow

COUNTED_FOR = timedelta(hours=24)
"""One night of the whole earth."""


class Guard(StrEnum):
    """``MAIL``: no mail of any kind leaves. ``WARNINGS``: warnings are held."""

    MAIL = "mail"
    WARNINGS = "warnings"


class Gate(StrEnum):
    """What the breaker says to one more warning."""

    OPEN = "open"
    TRIPPED = "tripped"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Switch:
    """``on`` stops. ``changed_by`` is an admin, or nobody where the service did it itself."""

    name: Guard
    on: bool
    changed_at: datetime | None = None
    changed_by: UUID | None = None


class Guards:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> dict[Guard, Switch]:
        """Every guard; one never touched is off."""
        query = select(SwitchRow.name, SwitchRow.on, SwitchRow.changed_at, SwitchRow.changed_by)
        found = {
            Guard(row.name): Switch(Guard(row.name), row.on, row.changed_at, row.changed_by)
            for row in self._connection.execute(query)
        }
        return {guard: found.get(guard, Switch(guard, on=False)) for guard in Guard}

    def turn(self, guard: Guard, now: datetime, admin: UUID | None = None, *, on: bool) -> bool:
        """Whether that changed anything."""
        row = insert(SwitchRow).values(name=guard, on=on, changed_at=now, changed_by=admin)
        changed = row.on_conflict_do_update(
            index_elements=[SwitchRow.name],
            set_={"on": on, "changed_at": now, "changed_by": admin},
            where=SwitchRow.on != on,
        ).returning(SwitchRow.name)
        return self._connection.execute(changed).first() is not None

    def gate(self, now: datetime, *, share: float, least: int) -> Gate:
        """Whether one more athlete may be warned now; call it before the night is recorded.

        Trips when at least ``least`` athletes, and more than ``share`` (0–1) of those judged in the last 24
        hours or since the last release, would be warned. The row is locked until the transaction ends, so
        that the count is exact; only warnings wait for each other. Raises nothing of its own.
        """
        row = insert(SwitchRow).values(name=Guard.WARNINGS, on=False, changed_at=now - COUNTED_FOR)
        self._connection.execute(row.on_conflict_do_nothing())
        query = select(SwitchRow.on, SwitchRow.changed_at).where(SwitchRow.name == Guard.WARNINGS)
        on, since = self._connection.execute(query.with_for_update()).one()
        if on:
            return Gate.HELD
        judged, warned = self.counts(max(since, now - COUNTED_FOR))
        if warned + 1 < least or (warned + 1) <= share * (judged + 1):
            return Gate.OPEN
        self.turn(Guard.WARNINGS, now, on=True)
        self._hold_waiting(now - COUNTED_FOR)
        return Gate.TRIPPED

    def counts(self, since: datetime) -> tuple[int, int]:
        """Athletes judged after ``since``, and those of them who were warned."""
        athletes = func.count(NightRow.athlete_id.distinct())
        query = select(athletes, athletes.filter(NightRow.mail_kind == MailKind.WARNING))
        judged, warned = self._connection.execute(query.where(NightRow.judged_at > since)).one()
        return judged, warned

    def held(self) -> int:
        """Warnings that wait for an admin."""
        query = select(func.count()).where(MailRow.state == MailState.HELD)
        return self._connection.execute(query).scalar_one()

    def release(self, now: datetime, admin: UUID) -> list[UUID]:
        """Close the breaker and send what is held and still young enough; returns those mails."""
        self.turn(Guard.WARNINGS, now, admin, on=False)
        held = MailRow.state == MailState.HELD
        retell(self._connection, held, None)
        values = {"state": MailState.QUEUED, "due_at": now}
        freed = self._connection.execute(update(MailRow).where(held).values(values).returning(MailRow.id))
        return list(freed.scalars())

    def discard(self, now: datetime, admin: UUID) -> int:
        """Close the breaker and send nothing of what is held; returns how many. Their nights stay silent."""
        self.turn(Guard.WARNINGS, now, admin, on=False)
        values = {"state": MailState.SUPPRESSED, "settled_at": now, "error": "discarded_by_admin"}
        done = update(MailRow).where(MailRow.state == MailState.HELD).values(values)
        return self._connection.execute(done).rowcount

    def _hold_waiting(self, since: datetime) -> None:
        """Warnings of the same bad night that have not left yet are held as well."""
        waiting = (
            (MailRow.kind == MailKind.WARNING)
            & MailRow.state.in_((MailState.QUEUED, MailState.DEFERRED))
            & (MailRow.queued_at > since)
        )
        # Mails before their nights, as ``take`` locks them: two that meet must not wait for each other.
        self._connection.execute(select(MailRow.id).where(waiting).with_for_update())
        retell(self._connection, waiting, Silence.HELD)
        self._connection.execute(update(MailRow).where(waiting).values(state=MailState.HELD))


def mail_flows() -> ColumnElement[bool]:
    """A condition for statements that let mail go: asked with them, so that no moment lies between."""
    stopped = select(SwitchRow.name).where(SwitchRow.name == Guard.MAIL, SwitchRow.on)
    return ~stopped.exists()
