"""The tables of what athletes say to the mails: was it right, not this reason now, not on that day."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from service.store.tables import Base, of_athlete


class WarningReplyRow(Base):
    """The answer to one night's warning."""

    __tablename__ = "warning_reply"

    athlete_id: Mapped[UUID] = of_athlete()
    night: Mapped[date] = mapped_column(primary_key=True)
    felt: Mapped[str | None]
    wrong: Mapped[bool]
    answered_at: Mapped[datetime]


class MuteRow(Base):
    """A reason that is not to be written about for a while; ``until`` is the first night it may be again."""

    __tablename__ = "mute"

    athlete_id: Mapped[UUID] = of_athlete()
    cause: Mapped[str] = mapped_column(primary_key=True)
    until: Mapped[date]
    muted_at: Mapped[datetime]


class QuietDayRow(Base):
    """A weekday on which nothing is to be sent; Monday is 0."""

    __tablename__ = "quiet_day"

    athlete_id: Mapped[UUID] = of_athlete()
    weekday: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
