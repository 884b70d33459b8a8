"""What athletes say to the mails: choices, quiet days, replies, mutes, and the links that carry them."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from service.domain.finding import Cause
from service.domain.measured import Felts
from service.domain.night import Decision, MailKind
from service.domain.preference import CHOICES, Choice
from service.domain.reply import Felt, Reply
from service.store.keyring import Keyring
from service.store.links import Links
from service.store.session import Store
from tests.fixtures_postgres import keyring
from tests.store.samples import DAY, HOUR, NOW, TODAY
from tests.verdicts import assessment, finding


def test_who_never_chose_gets_what_was_promised(store: Store, athlete: UUID) -> None:
    """Warnings and questions at once, the weekly letter only on request."""
    with store.transaction() as tx:
        found = tx.preferences.choices(athlete)
        assert tx.preferences.choice(athlete, MailKind.ERASED) is Choice.AT_ONCE
    assert set(found) == set(CHOICES)
    assert found[MailKind.WARNING] is Choice.AT_ONCE
    assert found[MailKind.WEEKLY] is Choice.OFF


def test_choices_are_kept_and_replaced(store: Store, athlete: UUID) -> None:
    """Some at a time, in one statement."""
    with store.transaction() as tx:
        tx.preferences.choose(athlete, {})
        tx.preferences.choose(athlete, {MailKind.WARNING: Choice.WEEKLY, MailKind.WEEKLY: Choice.WEEKLY})
        tx.preferences.choose(athlete, {MailKind.WARNING: Choice.OFF})
        found = tx.preferences.choices(athlete)
    assert (found[MailKind.WARNING], found[MailKind.WEEKLY]) == (Choice.OFF, Choice.WEEKLY)


@pytest.mark.parametrize(
    ("kind", "choice"),
    [
        (MailKind.WEEKLY, Choice.AT_ONCE),  # a letter of the week that comes at once is none
        (MailKind.ERASED, Choice.OFF),  # the receipt is owed
    ],
)
def test_what_cannot_be_chosen_is_refused(
    store: Store, athlete: UUID, kind: MailKind, choice: Choice
) -> None:
    """A mistake of ours, said by name."""
    with store.transaction() as tx, pytest.raises(ValueError, match="cannot be"):
        tx.preferences.choose(athlete, {kind: choice})


def test_stopping_one_or_all(store: Store, athlete: UUID) -> None:
    """Everything that can be switched off, and nothing else."""
    with store.transaction() as tx:
        tx.preferences.stop(athlete, MailKind.CHECK_IN)
        assert not tx.addresses.wants(athlete, MailKind.CHECK_IN)
        assert tx.addresses.wants(athlete, MailKind.WARNING)
        tx.preferences.stop(athlete)
        assert set(tx.preferences.choices(athlete).values()) == {Choice.OFF}
        assert tx.addresses.wants(athlete, MailKind.ERASED)
        tx.addresses.set_mail(athlete, MailKind.WEEKLY, on=True)
        assert tx.preferences.choice(athlete, MailKind.WEEKLY) is Choice.WEEKLY


def test_quiet_days_are_replaced(store: Store, athlete: UUID) -> None:
    """Also by none."""
    with store.transaction() as tx:
        assert tx.preferences.quiet_days(athlete) == frozenset()
        for days in ([5, 6, 6], [0], []):
            tx.preferences.set_quiet_days(athlete, days)
            assert tx.preferences.quiet_days(athlete) == frozenset(days)


def test_replies_add_up(store: Store, athlete: UUID) -> None:
    """The feeling may change; that the facts were wrong stays said."""
    with store.transaction() as tx:
        tx.replies.put(athlete, Reply(TODAY, wrong=True), NOW)
        tx.replies.put(athlete, Reply(TODAY, Felt.PARTLY), NOW)
        tx.replies.put(athlete, Reply(TODAY, Felt.NO), NOW)
        tx.replies.put(athlete, Reply(TODAY - 9 * DAY, Felt.YES), NOW)
        assert tx.replies.of(athlete, TODAY - DAY) == {TODAY: Reply(TODAY, Felt.NO, wrong=True)}


def test_replies_are_counted_by_the_reason_of_their_night(store: Store, athlete: UUID) -> None:
    """Those without a feeling, of other reasons and of other athletes are not."""
    causes = {n: Cause.STRENGTH if n == 3 else Cause.MUSCLE_FATIGUE for n in range(5)}
    felt = {0: Felt.YES, 1: Felt.YES, 2: Felt.NO, 3: Felt.NO}
    with store.transaction() as tx:
        for n, cause in causes.items():
            verdict = assessment(finding(cause=cause), night=TODAY - n * DAY)
            sent = Decision(kind=MailKind.WARNING, silent_because=None)
            tx.nights.record(athlete, verdict.night, verdict, sent, NOW, "digest")
            tx.replies.put(athlete, Reply(verdict.night, felt.get(n), wrong=True), NOW)
        assert tx.replies.felt(athlete, Cause.MUSCLE_FATIGUE) == Felts({Felt.YES: 2, Felt.NO: 1})
        assert tx.replies.felt(athlete, Cause.FUELLING).total == 0
        assert tx.replies.felt(uuid4(), Cause.MUSCLE_FATIGUE).total == 0


def test_a_mute_ends_by_itself(store: Store, athlete: UUID) -> None:
    """On its day the reason may be written about again; sooner on request."""
    with store.transaction() as tx:
        tx.replies.mute(athlete, Cause.STRENGTH, TODAY + DAY, NOW)
        tx.replies.mute(athlete, Cause.STRENGTH, TODAY + 2 * DAY, NOW)
        tx.replies.mute(athlete, Cause.FUELLING, TODAY + 2 * DAY, NOW)
        assert tx.replies.muted(athlete, TODAY + DAY) == {
            Cause.STRENGTH: TODAY + 2 * DAY,
            Cause.FUELLING: TODAY + 2 * DAY,
        }
        tx.replies.unmute(athlete, Cause.FUELLING)
        assert set(tx.replies.muted(athlete, TODAY)) == {Cause.STRENGTH}
        assert tx.replies.muted(athlete, TODAY + 2 * DAY) == {}


class TestLinks:
    links = Links(keyring())

    def test_a_link_opens_its_purpose_for_its_athlete(self) -> None:
        """Until its time is over."""
        athlete = uuid4()
        token = self.links.make(athlete, "checkin", NOW + HOUR)
        assert self.links.athlete(token, "checkin", NOW) == athlete
        assert self.links.athlete(token, "checkin", NOW + HOUR - timedelta(seconds=1)) == athlete
        assert self.links.athlete(token, "checkin", NOW + HOUR) is None
        assert self.links.athlete(token, "warning 2026-03-01", NOW) is None

    def test_ten_thousand_forged_links_open_nothing(self) -> None:
        """Every changed character, another key, and noise."""
        token = self.links.make(uuid4(), "checkin", NOW + HOUR)
        changed = [
            token[:at] + other + token[at + 1 :]
            for at in range(len(token))
            for other in "ABCDabcd0123-_"
            if token[at] != other
        ]
        noise = [f"{n:048d}" for n in range(10_000 - len(changed))]
        assert [t for t in changed + noise if self.links.athlete(t, "checkin", NOW)] == []
        other = Links(Keyring.from_secret(b"another secret, of another service"))
        assert other.athlete(token, "checkin", NOW) is None

    @pytest.mark.parametrize("token", ["", "A", "é" * 48, "A" * 47, "A" * 4000, "===="])
    def test_what_is_no_token_opens_nothing(self, token: str) -> None:
        """And is no error either."""
        assert self.links.athlete(token, "checkin", NOW) is None
