"""An athlete to hang rows on."""

from uuid import UUID

import pytest

from service.store.session import Store
from tests.store.samples import NOW, SCOPES


@pytest.fixture
def athlete(store: Store) -> UUID:
    """The id of an athlete who has just connected."""
    with store.transaction() as tx:
        return tx.athletes.connect(7, SCOPES, "Europe/Oslo", NOW).id
