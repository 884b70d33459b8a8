"""The inbox and the subscription, as far as the jobs' tests do not show them."""

from datetime import timedelta

from service.domain.event import Aspect, Event, Seal, Subject
from service.store.inbox import Outcome
from service.store.session import Store
from service.store.subscription import HEARD_WITHIN, PENDING_FOR
from tests.store.samples import DAY, NOW, SCOPES


def an_event(number: int = 1, **changes: object) -> Event:
    given = {
        "subscription_id": 5,
        "owner_id": 7,
        "subject": Subject.ACTIVITY,
        "object_id": number,
        "aspect": Aspect.CREATE,
        "at": 1_772_348_400 + number,
    }
    return Event(**(given | changes))


def test_a_token_is_expected_while_it_is_pending(store: Store) -> None:
    """No longer, and no other."""
    with store.transaction() as tx:
        assert not tx.subscription.expects("token", NOW)
        tx.subscription.propose("token", NOW)
        assert tx.subscription.expects("token", NOW)
        assert not tx.subscription.expects("other", NOW)
        assert not tx.subscription.expects("token", NOW + PENDING_FOR)
        assert tx.subscription.current() is None
        tx.subscription.made(5, NOW)
        assert not tx.subscription.expects("token", NOW)
        assert (tx.subscription.current(), tx.subscription.checked_at()) == (5, NOW)


def test_a_subscription_is_relied_on_while_it_speaks(store: Store) -> None:
    """Made lately, or heard of lately; ended once."""
    with store.transaction() as tx:
        assert not tx.subscription.hearing(NOW)
        tx.subscription.propose("token", NOW)
        assert not tx.subscription.hearing(NOW)
        tx.subscription.made(5, NOW)
        athlete = tx.athletes.connect(7, SCOPES, "UTC", NOW)
        assert tx.subscription.hearing(NOW + HEARD_WITHIN - timedelta(seconds=1))
        assert not tx.subscription.hearing(NOW + HEARD_WITHIN)
        tx.inbox.put(an_event(), athlete.id, Seal.ABSENT, NOW + DAY)
        assert tx.subscription.hearing(NOW + HEARD_WITHIN)
        tx.subscription.checked(NOW + DAY)
        assert tx.subscription.checked_at() == NOW + DAY
        assert [tx.subscription.ended() for _ in range(2)] == [True, False]
        assert tx.subscription.checked_at() is None


def test_a_list_answers_what_could_not_be_read(store: Store) -> None:
    """Events that were looked into in vain; the others still bring their detail."""
    with store.transaction() as tx:
        athlete = tx.athletes.connect(7, SCOPES, "UTC", NOW)
        for number in (1, 2):
            tx.inbox.put(an_event(number), athlete.id, Seal.ABSENT, NOW)
        first, second = tx.inbox.take(athlete.id, NOW)
        tx.inbox.again([first.id], NOW + DAY, counted=True)
        tx.inbox.again([second.id], NOW + DAY, counted=False)
        assert tx.inbox.pending(athlete.id) == 1
        assert tx.inbox.settle_read(athlete.id, NOW, NOW) == 1
        assert tx.inbox.counts() == {Outcome.LEFT_TO_LIST: 1, "waiting": 1}


def test_what_is_settled_is_kept_for_a_while(store: Store) -> None:
    """And what nobody could settle for twice as long; counts go with them."""
    with store.transaction() as tx:
        athlete = tx.athletes.connect(7, SCOPES, "UTC", NOW)
        tx.inbox.surprised("object_type", NOW)
        for number in (1, 2):
            tx.inbox.put(an_event(number), athlete.id, Seal.ABSENT, NOW)
        first, _ = tx.inbox.take(athlete.id, NOW)
        tx.inbox.settle([first.id], Outcome.READ, NOW)
        assert [tx.inbox.purge(NOW + timedelta(days=days)) for days in (0, 1, 8)] == [0, 1, 1]
        assert tx.inbox.surprises(NOW.date()) == {}
