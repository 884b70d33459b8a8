"""The queue's own rows, where only we look: jobs whose worker has died, and how much is waiting.

procrastinate's recipe for stalled jobs has no cap, stops at the first conflict and runs inside the queue
that is stuck. A job of ours says no more than "look at this row", and the row is due again by its own
lease; so a stalled job needs no second try, only an end. It ends as ``aborted``: nobody has to look at it,
as one would at a job that ``failed``.
"""

from datetime import timedelta

from sqlalchemy import Connection, text

SILENT_FOR = timedelta(seconds=30)
"""Workers beat every few seconds; after this long one is dead, frozen or cut off."""
LONGEST = timedelta(minutes=15)
"""A job that its living worker has lost sight of (connection lost while it ended) shows no other sign."""

FREE = text("""
    UPDATE procrastinate_jobs AS job SET status = 'aborted', abort_requested = false
    WHERE job.status = 'doing' AND (
        NOT EXISTS (
            SELECT FROM procrastinate_workers AS worker
            WHERE worker.id = job.worker_id AND worker.last_heartbeat > now() - :silent_for
        )
        OR EXISTS (
            SELECT FROM procrastinate_events AS event
            WHERE event.job_id = job.id AND event.type = 'started'
            GROUP BY event.job_id HAVING max(event.at) < now() - :longest
        )
    )
""")
PURGE = text("""
    DELETE FROM procrastinate_jobs AS job
    WHERE job.status IN ('succeeded', 'failed', 'cancelled', 'aborted') AND NOT EXISTS (
        SELECT FROM procrastinate_events AS event
        WHERE event.job_id = job.id AND event.at > now() - :kept_for
    )
""")
RETRY = text("""
    WITH failed AS (DELETE FROM procrastinate_jobs WHERE id = :id AND status = 'failed' RETURNING *)
    INSERT INTO procrastinate_jobs (queue_name, task_name, priority, args)
    SELECT queue_name, task_name, priority, args FROM failed
""")
COUNTS = text("SELECT status::text, count(*) AS jobs FROM procrastinate_jobs GROUP BY status")


class Jobs:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def free_stalled(self) -> int:
        """End jobs whose worker is silent, or which run longer than any of ours can; returns how many."""
        return self._connection.execute(FREE, {"silent_for": SILENT_FOR, "longest": LONGEST}).rowcount

    def purge(self, kept_for: timedelta = timedelta(days=1)) -> int:
        """Delete jobs that ended longer ago; returns how many."""
        return self._connection.execute(PURGE, {"kept_for": kept_for}).rowcount

    def retry(self, job: int) -> bool:
        """Ask anew for what a failed job was to do. False if it has not failed or is gone."""
        return self._connection.execute(RETRY, {"id": job}).rowcount == 1

    def counts(self) -> dict[str, int]:
        """Jobs per state: ``todo`` that keeps growing means that no worker runs."""
        return {row.status: row.jobs for row in self._connection.execute(COUNTS)}
