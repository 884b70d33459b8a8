"""What athletes want by mail, how often, and on which days not at all."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert

from service.domain.night import MailKind
from service.domain.preference import CHOICES, Choice, default
from service.store.tables import MailPreferenceRow
from service.store.tables_voice import QuietDayRow


class Preferences:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def choice(self, athlete_id: UUID, kind: MailKind) -> Choice:
        """How often one kind is wanted. A kind that cannot be switched off is always wanted."""
        return self.choices(athlete_id).get(kind, Choice.AT_ONCE)

    def choices(self, athlete_id: UUID) -> dict[MailKind, Choice]:
        """Every kind that can be chosen, with what was chosen or comes by itself."""
        query = select(MailPreferenceRow.kind, MailPreferenceRow.choice).where(
            MailPreferenceRow.athlete_id == athlete_id
        )
        made = {row.kind: row.choice for row in self._connection.execute(query)}
        return {kind: Choice(made.get(kind, default(kind))) for kind in CHOICES}

    def choose(self, athlete_id: UUID, choices: Mapping[MailKind, Choice]) -> None:
        """Keep some choices; the others stay. Doing it twice changes nothing.

        Raises ``ValueError`` for a choice that this kind does not have.
        """
        for kind, choice in choices.items():
            if choice not in CHOICES.get(kind, ()):
                raise ValueError(f"{kind} cannot be {choice}: see domain.preference.CHOICES")
        if not choices:
            return
        rows = [
            {"athlete_id": athlete_id, "kind": kind, "choice": choice} for kind, choice in choices.items()
        ]
        new = insert(MailPreferenceRow).values(rows)
        key = [MailPreferenceRow.athlete_id, MailPreferenceRow.kind]
        self._connection.execute(
            new.on_conflict_do_update(index_elements=key, set_={"choice": new.excluded.choice})
        )

    def stop(self, athlete_id: UUID, kind: MailKind | None = None) -> None:
        """Off: one kind, or everything that can be switched off."""
        kinds = CHOICES if kind is None else (kind,)
        self.choose(athlete_id, dict.fromkeys(kinds, Choice.OFF))

    def quiet_days(self, athlete_id: UUID) -> frozenset[int]:
        """Weekdays without mail; Monday is 0."""
        query = select(QuietDayRow.weekday).where(QuietDayRow.athlete_id == athlete_id)
        return frozenset(self._connection.execute(query).scalars())

    def set_quiet_days(self, athlete_id: UUID, weekdays: Iterable[int]) -> None:
        """Replace them."""
        self._connection.execute(delete(QuietDayRow).where(QuietDayRow.athlete_id == athlete_id))
        rows = [{"athlete_id": athlete_id, "weekday": day} for day in sorted(set(weekdays))]
        if rows:
            self._connection.execute(insert(QuietDayRow).values(rows))
