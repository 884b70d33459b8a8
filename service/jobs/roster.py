"""Every job by the name under which the queue knows it."""

from collections.abc import Callable, Mapping, Sequence

from service.app import App
from service.jobs.deliver import deliver
from service.jobs.erase import erase
from service.jobs.events import hear
from service.jobs.nightly import judge
from service.jobs.subscription import look_after
from service.jobs.sync import deepen, sync
from service.jobs.upload import read_upload

JOBS: Mapping[str, Callable[[App, Sequence[str]], None]] = {
    "hear": hear,
    "subscription": look_after,
    "sync": sync,
    "deepen": deepen,
    "judge": judge,
    "deliver": deliver,
    "erase": erase,
    "archive": read_upload,
}
