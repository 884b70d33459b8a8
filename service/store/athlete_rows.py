"""Athletes as they leave the store: whole, or as admins may see them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from service.domain.athlete import Athlete, AthleteState, Units
from service.domain.history import Profile, Sex, StrengthHabit


@dataclass(frozen=True, slots=True)
class Overview:
    """What admins see of an athlete. ``parked_at`` is set when the sync has failed too often."""

    id: UUID
    state: AthleteState
    scopes: frozenset[str]
    zone: str
    connected_at: datetime
    synced_at: datetime | None
    sync_due_at: datetime
    sync_attempts: int
    parked_at: datetime | None
    sync_error: str | None
    next_night: date
    night_attempts: int
    night_error: str | None
    activities: int


def profile_values(profile: Profile) -> dict[str, Any]:
    """The answers as columns."""
    return {
        "sex": profile.sex,
        "birth_year": profile.birth_year,
        "max_hr": profile.max_hr,
        "resting_hr": profile.resting_hr,
        "threshold_hr": profile.threshold_hr,
        "injured_last_year": profile.injured_last_year,
        "strength_habit": profile.strength_habit,
        "running_since": profile.running_since,
    }


def athlete_of(row: Row[Any]) -> Athlete:
    """A whole row as the domain knows it."""
    return Athlete(
        id=row.id,
        strava_id=row.strava_id,
        state=AthleteState(row.state),
        scopes=frozenset(row.scopes),
        zone=row.zone,
        profile=Profile(
            sex=Sex(row.sex) if row.sex else None,
            birth_year=row.birth_year,
            max_hr=row.max_hr,
            resting_hr=row.resting_hr,
            threshold_hr=row.threshold_hr,
            injured_last_year=row.injured_last_year,
            strength_habit=StrengthHabit(row.strength_habit) if row.strength_habit else None,
            running_since=row.running_since,
        ),
        units=Units(row.units),
        connected_at=row.connected_at,
        synced_at=row.synced_at,
        listed_at=row.listed_at,
        listed_whole_at=row.listed_whole_at,
        next_night=row.next_night,
        next_night_at=row.next_night_at,
        last_night_at=row.last_night_at,
    )


def overview_of(row: Row[Any]) -> Overview:
    """A whole row with the count of its activities."""
    return Overview(
        id=row.id,
        state=AthleteState(row.state),
        scopes=frozenset(row.scopes),
        zone=row.zone,
        connected_at=row.connected_at,
        synced_at=row.synced_at,
        sync_due_at=row.sync_due_at,
        sync_attempts=row.sync_attempts,
        parked_at=row.sync_parked_at,
        sync_error=row.sync_error,
        next_night=row.next_night,
        night_attempts=row.night_attempts,
        night_error=row.night_error,
        activities=row.activities,
    )
