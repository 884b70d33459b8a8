"""The tables of archives that athletes upload."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from service.store.tables import Base


class UploadRow(Base):
    """One upload. The row is its own queue entry; the result outlives the content. No file name is kept:
    people name files after places."""

    __tablename__ = "upload"

    athlete_id: Mapped[UUID] = mapped_column(ForeignKey("athlete.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, unique=True)
    state: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    uploaded_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    files_done: Mapped[int] = mapped_column(server_default="0")
    files_total: Mapped[int | None]
    result: Mapped[dict[str, Any] | None]


class UploadPieceRow(Base):
    """A mebibyte of an upload, until it is read: the worker may be on another machine than the page."""

    __tablename__ = "upload_piece"

    athlete_id: Mapped[UUID] = mapped_column(ForeignKey("athlete.id", ondelete="CASCADE"), primary_key=True)
    upload_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes]
