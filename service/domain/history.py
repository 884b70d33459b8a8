"""All that may be known of an athlete when one night is judged."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from service.domain.activity import Activity


class Sex(StrEnum):
    FEMALE = "female"
    MALE = "male"


class StrengthHabit(StrEnum):
    """The athlete's answer to "do you do strength work that Strava does not show?"."""

    NONE = "none"
    SOMETIMES = "sometimes"
    WEEKLY = "weekly"


@dataclass(frozen=True, slots=True)
class Profile:
    """What the athlete told us. Everything may be unknown; nothing is guessed here. ``running_since`` is the
    year in which they began to run."""

    sex: Sex | None = None
    birth_year: int | None = None
    max_hr: int | None = None
    resting_hr: int | None = None
    threshold_hr: int | None = None
    injured_last_year: bool | None = None
    strength_habit: StrengthHabit | None = None
    running_since: int | None = None


@dataclass(frozen=True, slots=True)
class CheckIn:
    """A morning's answers; 1 is the worst, ``legs`` runs to 4, the others to 5. ``exertion``, 1 to 10, is how
    hard the longest run of that day felt, whenever it was told. ``None`` = not answered."""

    date: date
    legs: int | None = None
    fatigue: int | None = None
    sleep: int | None = None
    soreness: int | None = None
    mood: int | None = None
    ill: bool | None = None
    pain: bool | None = None
    exertion: int | None = None


@dataclass(frozen=True, slots=True)
class History:
    """Sessions oldest first, check-ins oldest first, and the profile.

    ``synced_at`` is when the sessions were last read from their source (``None`` = not a live source).
    """

    activities: tuple[Activity, ...]
    checkins: tuple[CheckIn, ...] = ()
    profile: Profile = Profile()
    synced_at: datetime | None = None

    def before(self, night: date) -> "History":
        """Only what the verdict of ``night`` may use: training days and check-ins dated before it."""
        return replace(
            self,
            activities=tuple(a for a in self.activities if a.training_day < night),
            checkins=tuple(c for c in self.checkins if c.date < night),
        )
