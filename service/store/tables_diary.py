"""The table of packed diaries."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Mapped

from service.store.tables import Base, of_athlete


class DiaryRow(Base):
    """Derived from sessions and answers, and made anew from them at any time (``domain.packed``). A mark
    says which rows it was made from, ``packed_at`` when that was."""

    __tablename__ = "diary"

    athlete_id: Mapped[UUID] = of_athlete()
    packed_at: Mapped[datetime | None]
    version: Mapped[str | None]
    sessions_mark: Mapped[str | None]
    from_night: Mapped[date | None]
    first_day: Mapped[date | None]
    days: Mapped[bytes | None]
    sessions: Mapped[bytes | None]
    identities: Mapped[list[str] | None]
    answers_mark: Mapped[str | None]
    answers_first_day: Mapped[date | None]
    answers: Mapped[bytes | None]
