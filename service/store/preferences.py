"""What athletes want by mail, how often, and on which days not at all."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert

from service.domain.night import MailKind
from service.domain.preference import CHOICES, Choice, Wishes, default
from service.store.tables import AddressRow, MailPreferenceRow
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
        return _choices({row.kind: row.choice for row in self._connection.execute(query)})

    def of_many(self, athlete_ids: Iterable[UUID]) -> dict[UUID, Wishes]:
        """What those want who have confirmed an address; the others are absent."""
        query = select(AddressRow.athlete_id).where(
            AddressRow.athlete_id.in_(list(athlete_ids)), AddressRow.address.is_not(None)
        )
        reached = list(self._connection.execute(query).scalars())
        made: dict[UUID, dict[str, str]] = {each: {} for each in reached}
        quiet: dict[UUID, set[int]] = {each: set() for each in reached}
        chosen = select(MailPreferenceRow.athlete_id, MailPreferenceRow.kind, MailPreferenceRow.choice)
        theirs = MailPreferenceRow.athlete_id.in_(reached)
        for athlete_id, kind, choice in self._connection.execute(chosen.where(theirs)):
            made[athlete_id][kind] = choice
        days = select(QuietDayRow.athlete_id, QuietDayRow.weekday).where(QuietDayRow.athlete_id.in_(reached))
        for athlete_id, weekday in self._connection.execute(days):
            quiet[athlete_id].add(weekday)
        return {each: Wishes(_choices(made[each]), frozenset(quiet[each])) for each in reached}

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


def _choices(made: Mapping[str, str]) -> dict[MailKind, Choice]:
    return {kind: Choice(made.get(kind, default(kind))) for kind in CHOICES}
