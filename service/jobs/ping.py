"""The dead man's ping: an address elsewhere hears from us while all is alive, and raises the alarm after.

It must stop when the clock is half dead, so it looks at every tick's heartbeat and not only at its own.
"""

import httpx

from service.app import App
from service.logs import log

PATIENCE_S = 5.0


def ping(app: App) -> None:
    """Ask the address of ``PING_URL`` if every tick and the database are alive. A failing one is logged."""
    url = app.settings.ping_url.get_secret_value()
    if not url:
        return
    with app.store.transaction() as tx:
        seen = tx.vitals.read(app.now())
    if seen.clock == "late":
        log().warning("ping_withheld", reason="clock_late")
        return
    try:
        answer = httpx.get(url, timeout=PATIENCE_S, follow_redirects=False)
    except httpx.HTTPError as error:
        log().warning("ping_failed", error=type(error).__name__)
        return
    if not answer.is_success:
        log().warning("ping_failed", status=answer.status_code)
