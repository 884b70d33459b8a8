"""Where an athlete stands: what the pages of one athlete read, in one transaction."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from service.domain.athlete import PROFILE_READ_ALL, Athlete
from service.domain.finding import Assessment, Context
from service.domain.night import MailKind
from service.store.nights import JudgedNight
from service.store.session import Transaction
from service.web.session import NotSignedIn, Realm

NIGHTS_READ = 120
"""How far back the pages look for when a reason was last seen."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything one status page is made of, newest night first. ``red_flags``: illness or pain told of and
    not taken back, each with its day; the newest night counts as one that knew of them."""

    athlete: Athlete
    nights: list[JudgedNight]
    address_confirmed: bool
    address_pending: bool
    address_refused: bool
    wants_mail: bool
    red_flags: Mapping[Context, date] = field(default_factory=dict)

    @property
    def assessment(self) -> Assessment | None:
        return self.nights[0].assessment if self.nights else None


def standing(tx: Transaction, athlete_id: UUID, nights: int = 1, *, today: date | None = None) -> Standing:
    """With the newest ``nights``, and with the red flags if asked on a day. Raises ``NotSignedIn`` where the
    athlete is gone."""
    athlete = tx.athletes.get(athlete_id)
    if athlete is None:
        raise NotSignedIn(Realm.ATHLETE)
    address = tx.addresses.confirmed(athlete_id)
    flags = tx.checkins.open_flags(athlete_id, today) if today else {}
    found = tx.nights.of(athlete_id, nights)
    return Standing(
        athlete=athlete,
        nights=_knowing(found, flags) if today else found,
        address_confirmed=address is not None,
        address_pending=tx.addresses.pending(athlete_id),
        address_refused=address is not None and tx.addresses.is_suppressed(address),
        wants_mail=tx.addresses.wants(athlete_id, MailKind.WARNING),
        red_flags=flags,
    )


def _knowing(nights: list[JudgedNight], flags: Iterable[Context]) -> list[JudgedNight]:
    """The nights, the newest with the flags that are up by now: no page suggests training meanwhile."""
    known = [replace(night, assessment=night.assessment.knowing(flags)) for night in nights[:1]]
    return known + nights[1:]


def scope_notes(athlete: Athlete) -> list[str]:
    """What the scopes that were not granted mean for the verdicts."""
    notes = []
    if not athlete.sees_private_activities:
        notes.append(
            "You do not share private activities. They load your legs too but cannot be counted, so a "
            "warning may come late."
        )
    if PROFILE_READ_ALL not in athlete.scopes:
        notes.append("You do not share your profile, so your heart rate zones are estimated from your runs.")
    return notes


def shares(athlete: Athlete) -> str:
    """The granted scopes in words."""
    parts = [
        "all activities, private ones too"
        if athlete.sees_private_activities
        else "activities, not the private ones"
    ]
    if PROFILE_READ_ALL in athlete.scopes:
        parts.append("heart rate zones")
    return ", ".join(parts)
