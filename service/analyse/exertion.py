"""How hard the athlete told us a day was, where Strava says nothing of it."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from service.analyse.sessions import Sessions
from service.domain.history import CheckIn


def with_told(sessions: Sessions, checkins: Sequence[CheckIn]) -> Sessions:
    """The same, the longest session of each day rated as its check-in tells (0 to 10 for all of it: Foster
    et al. 2001). A rating that came with the session stands."""
    felt = sessions.perceived_exertion.copy()
    for told in checkins:
        if told.exertion is None:
            continue
        rows = np.flatnonzero(sessions.day == told.date.toordinal())
        if len(rows):
            longest = rows[np.argmax(sessions.moving_s[rows])]
            felt[longest] = told.exertion if np.isnan(felt[longest]) else felt[longest]
    return replace(sessions, perceived_exertion=felt)
