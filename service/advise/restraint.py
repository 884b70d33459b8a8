"""Whether a night's verdict is worth a mail. A decision to stay silent names its one reason.

The order of the questions is the order of the answers: first whether there is anything to say, then
whether it is sure enough, then whether it was said already, and last whether it could be delivered. So
an admin who reads ``no_address`` knows that a mail would have gone out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from service.domain.finding import Assessment, Cause, Context, Finding, Level, State
from service.domain.night import Decision, MailKind, SentMail, Silence

LEVELS = (Level.POSSIBLE, Level.LIKELY, Level.STRONG)


@dataclass(frozen=True, slots=True)
class Limits:
    """The constants of restraint; values, units and grades stand in ``[restraint]`` of config/advice.toml.

    ``at_once`` names rules that speak of one finished session (or of danger): a second night would come
    too late. ``score_needed`` is the night's score below which the causes in ``scored`` stay unwritten: the
    score is what was measured against people's next mornings; ``level_needed`` is how sure their other rules
    have to be. In ``quiet_contexts`` nothing is written, in those of ``despite_contexts`` but of a run far
    beyond the usual. ``tiers`` orders every rule's tiers, lowest first.
    """

    confirm_nights: int
    cooldown_days: int
    weekly_mails: int
    agreeing_channels: int
    agreeing_strength: float
    score_needed: float
    level_needed: Level
    scored: frozenset[Cause]
    at_once: frozenset[str]
    never_mailed: frozenset[Cause]
    quiet_contexts: frozenset[Context]
    despite_contexts: frozenset[Context]
    tiers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sendable:
    """What the service knows about delivery, as plain facts.

    ``stale``: the day the verdict speaks of is over, or a newer night is due too. ``held``: an admin or
    the circuit breaker holds all warnings. ``muted``: causes the athlete switched off for now. ``weekly``:
    warnings are wanted in the letter of the week only; ``quiet``: nothing is wanted on this day.
    """

    address_confirmed: bool
    wanted: bool
    muted: frozenset[Cause] = frozenset()
    stale: bool = False
    held: bool = False
    weekly: bool = False
    quiet: bool = False

    @classmethod
    def replay(cls) -> "Sendable":
        """Everything allowed: what the verdicts alone would have sent."""
        return cls(address_confirmed=True, wanted=True)


def decide(
    assessment: Assessment,
    recent: Sequence[Assessment],
    sent: Sequence[SentMail],
    *,
    sendable: Sendable,
    limits: Limits,
) -> Decision:
    """Whether to write about this night, judged by its leading finding.

    ``recent`` are the assessments of the nights just before, oldest first; ``sent`` the earlier warnings.
    Entries of this night or later are ignored, so judging a night twice decides the same.
    """
    silence = (
        _nothing_to_say(assessment, limits)
        or _not_sure_enough(assessment, recent, limits)
        or _said_already(assessment, sent, limits)
        or _not_deliverable(assessment, sendable)
    )
    return Decision(kind=None if silence else MailKind.WARNING, silent_because=silence)


def _nothing_to_say(assessment: Assessment, limits: Limits) -> Silence | None:
    if assessment.state is State.LEARNING:
        return Silence.LEARNING
    finding = assessment.leading
    if assessment.state is State.CLEAR or finding is None:
        return Silence.NOTHING_FOUND
    if assessment.flagged:
        return Silence.RED_FLAG
    if finding.level is None or finding.cause in limits.never_mailed:
        return Silence.BELOW_THRESHOLD
    return None


def _not_sure_enough(assessment: Assessment, recent: Sequence[Assessment], limits: Limits) -> Silence | None:
    finding = _leading(assessment)
    agreeing = sum(strength >= limits.agreeing_strength for strength in finding.channels.values())
    if agreeing < limits.agreeing_channels and not finding.safety:
        return Silence.ONE_CHANNEL
    if assessment.state is State.WATCH or _too_low(assessment, limits):
        return Silence.BELOW_THRESHOLD
    if Context.LATE_SYNC in assessment.contexts:
        return Silence.LATE_SYNC
    far = finding.safety and finding.cause is Cause.MUSCLE_FATIGUE
    if assessment.contexts & limits.quiet_contexts - (limits.despite_contexts if far else frozenset()):
        return Silence.CONTEXT
    if not _confirmed(assessment, recent, limits):
        return Silence.NOT_YET_CONFIRMED
    return None


def _too_low(assessment: Assessment, limits: Limits) -> bool:
    """Whether the night's score is too low for a cause that is held to it, or the finding not sure enough for
    what one finished session does not explain; danger never is."""
    finding = _leading(assessment)
    if finding.cause not in limits.scored or finding.safety:
        return False
    unsure = _level_step(finding.level) < _level_step(limits.level_needed)
    return (assessment.score or 0.0) < limits.score_needed or (unsure and finding.rule not in limits.at_once)


def _confirmed(assessment: Assessment, recent: Sequence[Assessment], limits: Limits) -> bool:
    """Whether the nights just before, without a gap, carried the same cause at a level."""
    finding = _leading(assessment)
    if finding.safety or finding.rule in limits.at_once:
        return True
    before = {earlier.night: earlier for earlier in recent}
    needed = [assessment.night - timedelta(days=back) for back in range(1, limits.confirm_nights)]
    return all(night in before and _carries(before[night], finding.cause) for night in needed)


def _carries(assessment: Assessment, cause: Cause) -> bool:
    return any(finding.cause is cause and finding.level is not None for finding in assessment.findings)


def _said_already(assessment: Assessment, sent: Sequence[SentMail], limits: Limits) -> Silence | None:
    finding = _leading(assessment)
    week = timedelta(days=7)
    ages = [(assessment.night - mail.night, mail) for mail in sent if mail.kind is MailKind.WARNING]
    same = [
        mail
        for age, mail in ages
        if mail.cause is finding.cause and timedelta(0) < age < timedelta(days=limits.cooldown_days)
    ]
    if any(not _rises(finding, mail, limits) for mail in same):
        return Silence.COOLDOWN
    lately = sum(timedelta(0) < age < week and not mail.safety for age, mail in ages)
    if lately >= limits.weekly_mails and not finding.safety:
        return Silence.WEEKLY_CAP
    return None


def _rises(finding: Finding, mail: SentMail, limits: Limits) -> bool:
    """Whether the finding is a step above what was mailed: a higher level, or a higher tier of its rule."""
    if _level_step(finding.level) > _level_step(mail.level):
        return True
    return finding.rule == mail.rule and _tier_step(finding.tier, limits) > _tier_step(mail.tier, limits)


def _level_step(level: Level | None) -> int:
    return -1 if level is None else LEVELS.index(level)


def _tier_step(tier: str | None, limits: Limits) -> int:
    return -1 if tier not in limits.tiers else limits.tiers.index(tier)


def _not_deliverable(assessment: Assessment, sendable: Sendable) -> Silence | None:
    reasons = (
        (sendable.stale, Silence.STALE_NIGHT),
        (not sendable.address_confirmed, Silence.NO_ADDRESS),
        (not sendable.wanted, Silence.SWITCHED_OFF),
        (_leading(assessment).cause in sendable.muted, Silence.MUTED),
        (sendable.weekly, Silence.WEEKLY_LETTER),
        (sendable.quiet, Silence.QUIET_DAY),
        (sendable.held, Silence.HELD),
    )
    return next((silence for applies, silence in reasons if applies), None)


def _leading(assessment: Assessment) -> Finding:
    """The finding to speak of; callers have made sure that there is one."""
    return assessment.findings[0]
