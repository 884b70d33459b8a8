"""Restraint: every silence has its one reason, and danger is not kept waiting."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.advise.catalogue import Catalogue
from service.advise.restraint import Sendable, decide
from service.domain.finding import Assessment, Cause, Channel, Context, Level, State
from service.domain.night import Decision, MailKind, SentMail, Silence
from tests.verdicts import NIGHT, assessment, finding, warned

LAST_NIGHT = assessment(night=NIGHT - timedelta(days=1))
SPIKE = finding(rule="session_spike", tier="moderate")
LARGE_SPIKE = finding(rule="session_spike", tier="large", safety=True, channels={Channel.LOAD: 0.9})
HEAT = finding(cause=Cause.HEAT_AND_FLUID, rule="heat_and_fluid_strain")
OVERREACHING = finding(cause=Cause.OVERREACHING, rule="possible_overreaching")


def judge(
    catalogue: Catalogue,
    tonight: Assessment,
    recent: Sequence[Assessment] = (LAST_NIGHT,),
    sent: Sequence[SentMail] = (),
    sendable: Sendable | None = None,
) -> Decision:
    return decide(tonight, recent, sent, sendable=sendable or Sendable.replay(), limits=catalogue.restraint)


def test_two_agreeing_channels_on_two_nights_are_mailed(shipped: Catalogue) -> None:
    """The plain case: sure enough, confirmed, not said before."""
    assert Decision(MailKind.WARNING, None) == judge(shipped, assessment())


@pytest.mark.parametrize(
    ("because", "tonight"),
    [
        # the baseline is still being learnt, whatever was found
        (Silence.LEARNING, assessment(state=State.LEARNING)),
        # a clear night, even with an old finding that fades
        (Silence.NOTHING_FOUND, assessment(state=State.CLEAR)),
        # a warning state without a finding has nothing to say
        (Silence.NOTHING_FOUND, replace(assessment(), findings=())),
        # illness or pain was answered: no training suggestions
        (Silence.RED_FLAG, assessment(contexts=frozenset({Context.ILLNESS}))),
        (Silence.RED_FLAG, assessment(LARGE_SPIKE, contexts=frozenset({Context.PAIN}))),
        # watching is not warning
        (Silence.BELOW_THRESHOLD, assessment(state=State.WATCH)),
        (Silence.BELOW_THRESHOLD, assessment(finding(level=None))),
        # the score of the night, measured on people, is not high enough for tired muscles
        (Silence.BELOW_THRESHOLD, assessment(score=0.54)),
        (Silence.BELOW_THRESHOLD, assessment(score=None)),
        # one strong channel is named as such, even where judgement only watches
        (Silence.ONE_CHANNEL, assessment(finding(channels={Channel.LOAD: 0.9}), state=State.WATCH)),
        # education is never a reason to write
        (Silence.BELOW_THRESHOLD, assessment(finding(cause=Cause.STRENGTH))),
        (Silence.BELOW_THRESHOLD, assessment(finding(cause=Cause.WARM_UP))),
        # the sessions came in too late to speak of the next days
        (Silence.LATE_SYNC, assessment(contexts=frozenset({Context.LATE_SYNC, Context.RACE}))),
        # load means something else around races, breaks and journeys
        (Silence.CONTEXT, assessment(contexts=frozenset({Context.RACE}))),
        (Silence.CONTEXT, assessment(contexts=frozenset({Context.TAPER}))),
        (Silence.CONTEXT, assessment(contexts=frozenset({Context.RETURN_FROM_BREAK}))),
        (Silence.CONTEXT, assessment(contexts=frozenset({Context.TRAVEL}))),
        # only one channel is strong
        (Silence.ONE_CHANNEL, assessment(finding(channels={Channel.LOAD: 0.9, Channel.FORM: 0.49}))),
        (Silence.ONE_CHANNEL, assessment(finding(channels={}))),
    ],
)
def test_silence_gives_its_reason(shipped: Catalogue, because: Silence, tonight: Assessment) -> None:
    """One reason a night, the most fundamental one."""
    assert Decision(None, because) == judge(shipped, tonight)


def test_only_tired_muscles_are_held_to_the_score(shipped: Catalogue) -> None:
    """Danger and other causes speak of other things than the next sore morning."""
    heat = judge(shipped, assessment(HEAT, score=0.2))
    danger = judge(shipped, assessment(LARGE_SPIKE, score=0.2))
    assert (heat.mail, danger.mail) == (True, True)


@pytest.mark.parametrize(
    ("mailed", "tonight"),
    [
        # tired muscles by hard days: two channels speak, and a third that is quiet makes it unsure
        (False, assessment(finding(level=Level.POSSIBLE))),
        (True, assessment(finding(level=Level.LIKELY))),
        # one finished session explains itself
        (True, assessment(finding(rule="descent", level=Level.POSSIBLE))),
        # danger needs no more than one channel
        (True, assessment(replace(LARGE_SPIKE, level=Level.POSSIBLE))),
        # other causes are held to their own rules
        (True, assessment(replace(HEAT, level=Level.POSSIBLE))),
    ],
)
def test_tired_muscles_are_written_about_when_likely(
    shipped: Catalogue, mailed: bool, tonight: Assessment
) -> None:
    """What no single session explains has to be likely, not possible."""
    recent = (replace(tonight, night=NIGHT - timedelta(days=1)),)
    silence = None if mailed else Silence.BELOW_THRESHOLD
    assert judge(shipped, tonight, recent) == Decision(MailKind.WARNING if mailed else None, silence)


@pytest.mark.parametrize(
    ("mailed", "tonight", "recent"),
    [
        # no night before is known
        (False, assessment(), ()),
        # the night before was another cause's
        (False, assessment(OVERREACHING), (LAST_NIGHT,)),
        # the cause was there, but below every level
        (False, assessment(), (replace(LAST_NIGHT, findings=(finding(level=None),)),)),
        # two nights ago is a gap
        (False, assessment(), (replace(LAST_NIGHT, night=NIGHT - timedelta(days=2)),)),
        # this very night does not confirm itself
        (False, assessment(), (assessment(),)),
        # the cause was there the night before, as the second finding
        (True, assessment(), (assessment(OVERREACHING, finding(), night=NIGHT - timedelta(days=1)),)),
        # one finished session: a second night would be too late
        (True, assessment(finding(rule="race")), ()),
        (True, assessment(HEAT), ()),
        # a longer run that is no danger waits: its soreness lasts three days
        (False, assessment(SPIKE), ()),
        # danger: at once, and on one channel
        (True, assessment(LARGE_SPIKE), ()),
    ],
)
def test_a_state_needs_two_nights_but_an_event_does_not(
    shipped: Catalogue, mailed: bool, tonight: Assessment, recent: Sequence[Assessment]
) -> None:
    """Hysteresis against noise, without delaying what one session shows."""
    decision = judge(shipped, tonight, recent)

    assert (mailed, None if mailed else Silence.NOT_YET_CONFIRMED) == (decision.mail, decision.silent_because)


@pytest.mark.parametrize(
    ("because", "tonight", "sent"),
    [
        # the same cause six days ago
        (Silence.COOLDOWN, assessment(), [warned(6)]),
        # a week ago is long enough
        (None, assessment(), [warned(7)]),
        # another cause does not hold this one back
        (None, assessment(), [warned(3, cause=Cause.OVERREACHING)]),
        # surer than last time
        (None, assessment(), [warned(3, level=Level.POSSIBLE)]),
        (None, assessment(), [warned(3, level=None)]),
        # less sure than last time
        (Silence.COOLDOWN, assessment(), [warned(3, level=Level.STRONG)]),
        # surer than one mail of the week, but not than the other
        (Silence.COOLDOWN, assessment(), [warned(5, level=Level.POSSIBLE), warned(2)]),
        # the next tier of the same rule
        (None, assessment(SPIKE), [warned(3, rule="session_spike", tier="small")]),
        # the same tier again
        (Silence.COOLDOWN, assessment(SPIKE), [warned(3, rule="session_spike", tier="moderate")]),
        # tiers of two rules cannot be compared
        (Silence.COOLDOWN, assessment(SPIKE), [warned(3, tier="small")]),
        # a tier that nobody ordered never counts as higher
        (Silence.COOLDOWN, assessment(finding(tier="odd")), [warned(3, tier="small")]),
        # a tier where there was none
        (None, assessment(finding(tier="small")), [warned(3)]),
        # mails of this night or later ones are not the past
        (None, assessment(), [warned(0), warned(-1), warned(-2)]),
        # other kinds of mail are not warnings
        (None, assessment(), [warned(3, kind=MailKind.RECONNECT)]),
        # two warnings in a week are enough
        (
            Silence.WEEKLY_CAP,
            assessment(),
            [warned(3, cause=Cause.OVERREACHING), warned(6, cause=Cause.FUELLING)],
        ),
        # a safety mail does not use up the week
        (
            None,
            assessment(),
            [warned(3, cause=Cause.OVERREACHING, safety=True), warned(6, cause=Cause.FUELLING)],
        ),
        # and is not held back by a full one
        (
            None,
            assessment(LARGE_SPIKE),
            [warned(3, cause=Cause.OVERREACHING), warned(6, cause=Cause.FUELLING)],
        ),
        # nor does it come twice in a week
        (
            Silence.COOLDOWN,
            assessment(LARGE_SPIKE),
            [warned(3, rule="session_spike", tier="large", safety=True)],
        ),
    ],
)
def test_the_same_is_not_said_twice(
    shipped: Catalogue, because: Silence | None, tonight: Assessment, sent: Sequence[SentMail]
) -> None:
    """Cooldown a week for each cause unless it gets worse; two mails a week in all, danger aside."""
    assert because == judge(shipped, tonight, sent=sent).silent_because


@pytest.mark.parametrize(
    ("because", "sendable"),
    [
        # a newer night is due too
        (Silence.STALE_NIGHT, Sendable(True, True, stale=True)),
        # nobody to write to
        (Silence.NO_ADDRESS, Sendable(False, True)),
        # warnings are switched off
        (Silence.SWITCHED_OFF, Sendable(True, False)),
        # this cause is muted
        (Silence.MUTED, Sendable(True, True, muted=frozenset({Cause.MUSCLE_FATIGUE}))),
        # another one is
        (None, Sendable(True, True, muted=frozenset({Cause.FUELLING}))),
        # an admin holds everything
        (Silence.HELD, Sendable(True, True, held=True)),
    ],
)
def test_delivery_is_asked_last(shipped: Catalogue, because: Silence | None, sendable: Sendable) -> None:
    """What would have been mailed but cannot be is told apart from what was not worth it."""
    assert because == judge(shipped, assessment(), sendable=sendable).silent_because
    assert (
        judge(shipped, assessment(state=State.CLEAR), sendable=sendable).silent_because
        == Silence.NOTHING_FOUND
    )


@settings(max_examples=40, deadline=None)
@given(
    warns=st.lists(st.sampled_from([State.WARN, State.WATCH, State.CLEAR]), min_size=1, max_size=60),
    causes=st.lists(st.sampled_from(list(Cause)), min_size=60, max_size=60),
    levels=st.lists(st.sampled_from(list(Level)), min_size=60, max_size=60),
)
def test_no_week_has_more_than_two_mails(
    shipped: Catalogue, warns: list[State], causes: list[Cause], levels: list[Level]
) -> None:
    """Whatever the nights look like, any seven days hold at most two warnings that are not safety."""
    recent: list[Assessment] = []
    sent: list[SentMail] = []
    for day, state in enumerate(warns):
        tonight = assessment(
            finding(cause=causes[day], level=levels[day], rule="session_spike"),
            night=NIGHT + timedelta(days=day),
            state=state,
        )
        if judge(shipped, tonight, recent, sent).mail:
            leading = tonight.findings[0]
            sent.append(SentMail(tonight.night, MailKind.WARNING, leading.cause, leading.rule, leading.level))
        recent.append(tonight)

    nights = [mail.night for mail in sent]
    assert all(sum(timedelta(0) <= other - first < timedelta(7) for other in nights) <= 2 for first in nights)
