"""What an athlete wants by mail, and how often."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from service.domain.night import MailKind


class Choice(StrEnum):
    """At once is when the thing happens; weekly is in the letter of the week."""

    OFF = "off"
    AT_ONCE = "at_once"
    WEEKLY = "weekly"


CHOICES: Mapping[MailKind, tuple[Choice, ...]] = {
    MailKind.WARNING: (Choice.AT_ONCE, Choice.WEEKLY, Choice.OFF),
    MailKind.CHECK_IN: (Choice.AT_ONCE, Choice.WEEKLY, Choice.OFF),
    MailKind.LONG_RUN: (Choice.AT_ONCE, Choice.WEEKLY, Choice.OFF),
    MailKind.WEEKLY: (Choice.OFF, Choice.WEEKLY),
    MailKind.RECONNECT: (Choice.AT_ONCE, Choice.OFF),
}
"""What may be chosen for each kind, the choice of who never chose first. Other kinds answer something the
athlete has just done and cannot be switched off."""


def default(kind: MailKind) -> Choice:
    """How often a kind comes until the athlete says otherwise."""
    return CHOICES[kind][0] if kind in CHOICES else Choice.AT_ONCE


@dataclass(frozen=True, slots=True)
class Wishes:
    """Of who can be written to: a choice for every kind that has one, and the weekdays without mail
    (Monday is 0)."""

    choices: Mapping[MailKind, Choice]
    quiet_days: frozenset[int]
