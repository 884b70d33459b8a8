"""One time for many processes: an instant in a file, moved by the drill, read by everybody at every look."""

from datetime import datetime
from pathlib import Path


class SharedClock:
    """``now`` is handed to the service in place of the wall clock. Only ``set_to`` moves it back."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def now(self) -> datetime:
        return datetime.fromisoformat(self._path.read_text())

    def move_to(self, moment: datetime) -> datetime:
        """Move on to ``moment`` (aware); whoever reads sees the old instant or the new one, never half."""
        return self.set_to(max(self.now(), moment) if self._path.exists() else moment)

    def set_to(self, moment: datetime) -> datetime:
        """Forward or back, as somebody sets a clock."""
        draft = self._path.with_suffix(".new")
        draft.write_text(moment.isoformat())
        draft.replace(self._path)
        return moment
