"""Keys renewed while the service works: nothing fails, and nothing stays on an older key."""

from service.operations import BATCH, reencrypt
from service.store.keyring import Keyring
from service.store.session import open_store
from tests.drills.audit import audit
from tests.drills.figure import Figure, none
from tests.drills.ground import Ground, open_ground
from tests.drills.passage import Passage
from tests.drills.size import Size

CREW = ("worker", "worker", "clock")


def drill(size: Size) -> list[Figure]:
    """Each round: a new key first, processes replaced one after the other, every row brought over."""
    rounds = size.of(3, 30)
    with open_ground(size.seed) as ground:
        passage = Passage(ground)
        for role in CREW:
            ground.crew.start(role)
        passage.begin()
        rows = 0
        for _ in range(rounds):
            passage.step(limit_s=0.3)  # in the middle of a night's work
            rows += _rotate(ground)
        passage.finish()
        left = _on_older_keys(ground)
        return [
            Figure("rotations_of_keys", rounds),
            Figure("rows_brought_over", rows, least=rounds * len(ground.standin.athletes())),
            none("rows_on_older_keys", left),
            none("decryption_errors", _errors(ground)),
            none("closed_without_older_keys", not _opens_alone(ground)),
            *audit(passage, doubts=0, losses=0),
        ]


def _rotate(ground: Ground) -> int:
    """First everybody learns the new key, one process after another; only then is it used on every row."""
    ring = Keyring.renew(ground.home / "data" / "keyring")
    for member in list(ground.crew.members):
        ground.crew.start(member.role)
        ground.crew.stop(member)
    ground.store.close()
    ground.keyring, ground.store = ring, open_store(ground.dsn, ring)
    rows, left = reencrypt(ground.store, batch=BATCH)
    while left:
        more, left = reencrypt(ground.store, batch=BATCH)
        rows += more
    return rows


def _on_older_keys(ground: Ground) -> int:
    with ground.store.transaction() as tx:
        return tx.rotation.remaining()


def _errors(ground: Ground) -> int:
    [(count,)] = ground.query("SELECT count(*) FROM logbook WHERE fields->>'code' = 'decryption'")
    return int(count)


def _opens_alone(ground: Ground) -> bool:
    """With every older key taken out of the file every token opens."""
    newest = Keyring(
        {ground.keyring.newest: ground.keyring._keys[ground.keyring.newest]}, ground.keyring._index_key
    )
    store = open_store(ground.dsn, newest)
    try:
        with store.transaction() as tx:
            return all(tx.tokens.get(athlete.id) is not None for athlete in tx.athletes.all())
    finally:
        store.close()
