"""An athlete as the service knows one: ids, states and answers, never a name."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from service.domain.history import Profile


class AthleteState(StrEnum):
    """Where the connection stands."""

    CONNECTED = "connected"
    NEEDS_RECONNECT = "needs_reconnect"
    DISCONNECTED = "disconnected"


class Units(StrEnum):
    METRIC = "metric"
    IMPERIAL = "imperial"


READ = "read"
ACTIVITY_READ = "activity:read"
ACTIVITY_READ_ALL = "activity:read_all"
PROFILE_READ_ALL = "profile:read_all"
WANTED_SCOPES = (READ, ACTIVITY_READ, ACTIVITY_READ_ALL, PROFILE_READ_ALL)
"""Private sessions load the legs too; zones and sex come only with the profile. The narrower scope is asked
for beside the wider one, so that whoever un-ticks the private sessions still shares the others."""


@dataclass(frozen=True, slots=True)
class Athlete:
    """One connected athlete. ``zone`` is an IANA name; ``next_night`` the first night not yet judged.

    ``last_night_at`` is the due instant of the last night judged. ``synced_at``: as of when what we know
    is Strava's own. ``listed_at``: when the newest page of the list of sessions was last read, ``None`` if
    it is wanted again; ``listed_whole_at``: when all of it was that is older.
    """

    id: UUID
    strava_id: int
    state: AthleteState
    scopes: frozenset[str]
    zone: str
    profile: Profile
    units: Units
    connected_at: datetime
    synced_at: datetime | None
    listed_at: datetime | None
    listed_whole_at: datetime | None
    next_night: date
    next_night_at: datetime
    last_night_at: datetime | None

    @property
    def sees_activities(self) -> bool:
        return ACTIVITY_READ in self.scopes or ACTIVITY_READ_ALL in self.scopes

    @property
    def sees_private_activities(self) -> bool:
        return ACTIVITY_READ_ALL in self.scopes
