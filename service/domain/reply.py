"""What an athlete says to a warning."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Felt(StrEnum):
    """The answer to "did this match how you felt?", the first measure of whether we are right."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to one night's warning. ``wrong``: its facts are not right, whatever the legs said."""

    night: date
    felt: Felt | None = None
    wrong: bool = False
