"""Work in hand stays in hand: its lease is renewed for as long as it lasts.

A lease alone is a guess at how long work takes. Renewed, it ends soon after its holder does, and not before.
"""

import threading
from collections.abc import Callable

from service.logs import log

RENEWALS_A_LEASE = 4


class Hold:
    """As a context, calls ``renew`` four times a lease from a thread of its own."""

    def __init__(self, renew: Callable[[], None], lease_s: float) -> None:
        self._renew, self._every_s = renew, lease_s / RENEWALS_A_LEASE
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="hold", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _keep(self) -> None:
        while not self._over.wait(self._every_s):
            try:
                self._renew()
            except Exception as error:  # the work itself will notice; if it goes on, so does this
                log().warning("hold_failed", exc_info=error)
