"""Archives that athletes upload: taken in pieces, claimed by one worker, finished once."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, and_, delete, func, insert, or_, select, update

from service.store import claims
from service.store.tables_upload import UploadPieceRow, UploadRow

GIVEN_UP_AFTER = 3
"""Attempts. An archive that ends its worker three times is no archive."""


class UploadState(StrEnum):
    """``done`` also where nothing in it could be read: the result says so."""

    WAITING = "waiting"
    READING = "reading"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Upload:
    """One upload. ``result`` holds the figures of its import once it is done."""

    id: UUID
    athlete_id: UUID
    state: UploadState
    size: int
    uploaded_at: datetime
    finished_at: datetime | None
    files_done: int
    files_total: int | None
    result: dict[str, Any] | None

    @property
    def busy(self) -> bool:
        return self.state in (UploadState.WAITING, UploadState.READING)


class Uploads:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def begin(self, athlete_id: UUID, size: int, now: datetime) -> UUID:
        """A new upload in place of an older one; its pieces follow in the same transaction."""
        self._connection.execute(delete(UploadPieceRow).where(UploadPieceRow.athlete_id == athlete_id))
        self._connection.execute(delete(UploadRow).where(UploadRow.athlete_id == athlete_id))
        upload_id = uuid.uuid4()
        self._connection.execute(
            insert(UploadRow).values(
                athlete_id=athlete_id,
                id=upload_id,
                state=UploadState.WAITING,
                size=size,
                uploaded_at=now,
            )
        )
        return upload_id

    def add(self, athlete_id: UUID, upload_id: UUID, number: int, content: bytes) -> None:
        """One piece of it."""
        row = {"athlete_id": athlete_id, "upload_id": upload_id, "number": number, "content": content}
        self._connection.execute(insert(UploadPieceRow).values(row))

    def latest(self, athlete_id: UUID) -> Upload | None:
        """The athlete's one upload."""
        query = select(UploadRow.__table__).where(UploadRow.athlete_id == athlete_id)
        row = self._connection.execute(query.order_by(UploadRow.uploaded_at.desc()).limit(1)).one_or_none()
        return _upload(row) if row is not None else None

    def due(self, limit: int) -> list[UUID]:
        """Uploads that nobody is reading. Those that were tried too often are failed here."""
        waiting = or_(
            UploadRow.state == UploadState.WAITING,
            and_(UploadRow.state == UploadState.READING, claims.free(UploadRow.lease_until)),
        )
        self._connection.execute(
            update(UploadRow)
            .where(waiting, UploadRow.attempts >= GIVEN_UP_AFTER)
            .values(state=UploadState.FAILED, finished_at=func.clock_timestamp())
        )
        query = select(UploadRow.id).where(waiting).order_by(UploadRow.uploaded_at).limit(limit)
        return list(self._connection.execute(query).scalars())

    def take(self, upload_id: UUID, lease_s: float) -> Upload | None:
        """Take one for reading; ``None`` if another worker has it, or it is done or gone."""
        free = or_(
            UploadRow.state == UploadState.WAITING,
            and_(UploadRow.state == UploadState.READING, claims.free(UploadRow.lease_until)),
        )
        row = self._connection.execute(
            update(UploadRow)
            .where(UploadRow.id == upload_id, free, UploadRow.attempts < GIVEN_UP_AFTER)
            .values(
                state=UploadState.READING,
                lease_until=claims.lease(lease_s),
                attempts=UploadRow.attempts + 1,
                files_done=0,
            )
            .returning(UploadRow.__table__)
        ).one_or_none()
        return _upload(row) if row is not None else None

    def pieces(self, athlete_id: UUID, upload_id: UUID) -> Iterator[bytes]:
        """The content from its start, one piece in memory at a time."""
        number = 0
        while True:
            query = select(UploadPieceRow.content).where(
                UploadPieceRow.athlete_id == athlete_id,
                UploadPieceRow.upload_id == upload_id,
                UploadPieceRow.number == number,
            )
            content = self._connection.execute(query).scalar_one_or_none()
            if content is None:
                return
            yield content
            number += 1

    def progress(self, upload_id: UUID, done: int, total: int, lease_s: float) -> None:
        """How far it is; renews the lease."""
        self._connection.execute(
            update(UploadRow)
            .where(UploadRow.id == upload_id, UploadRow.state == UploadState.READING)
            .values(files_done=done, files_total=total, lease_until=claims.lease(lease_s))
        )

    def finish(self, upload: Upload, state: UploadState, result: dict[str, Any], now: datetime) -> bool:
        """Keep the result, delete the content. False = it was finished, replaced or erased meanwhile."""
        done = self._connection.execute(
            update(UploadRow)
            .where(UploadRow.id == upload.id, UploadRow.state == UploadState.READING)
            .values(state=state, result=result, finished_at=now, lease_until=None)
        )
        self._connection.execute(
            delete(UploadPieceRow).where(
                UploadPieceRow.athlete_id == upload.athlete_id, UploadPieceRow.upload_id == upload.id
            )
        )
        return done.rowcount == 1

    def purge(self, before: datetime) -> int:
        """Delete what was finished before; and the content of what failed."""
        self._connection.execute(
            delete(UploadPieceRow).where(
                UploadPieceRow.upload_id.in_(
                    select(UploadRow.id).where(UploadRow.state == UploadState.FAILED)
                )
            )
        )
        return self._connection.execute(delete(UploadRow).where(UploadRow.finished_at < before)).rowcount


def _upload(row: Any) -> Upload:
    return Upload(
        id=row.id,
        athlete_id=row.athlete_id,
        state=UploadState(row.state),
        size=row.size,
        uploaded_at=row.uploaded_at,
        finished_at=row.finished_at,
        files_done=row.files_done,
        files_total=row.files_total,
        result=row.result,
    )
