"""One time for many processes: an instant in a file, moved by the drill, read by everybody at every look."""

from datetime import datetime
from pathlib import Path


class SharedClock:
    """``now`` is handed to the service in place of the wall clock. It only moves forward."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def now(self) -> datetime:
        return datetime.fromisoformat(self._path.read_text())

    def move_to(self, moment: datetime) -> datetime:
        """Move on to ``moment`` (aware); whoever reads sees the old instant or the new one, never half."""
        later = max(self.now(), moment) if self._path.exists() else moment
        draft = self._path.with_suffix(".new")
        draft.write_text(later.isoformat())
        draft.replace(self._path)
        return later
