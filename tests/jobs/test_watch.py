"""The watch over jobs: one that never ends takes its process with it, one that ends does not."""

import threading

from service.jobs.watch import STUCK, Watch


def test_a_job_that_never_ends_ends_the_process(events):
    """And is named."""
    ended, over = [], threading.Event()

    def end(code):
        ended.append(code)
        over.set()

    with Watch(0.05, end) as watch:
        threading.Thread(
            target=watch.over("judge", lambda _: over.wait(5)), args=[["a"]], daemon=True
        ).start()
        assert over.wait(5)
    assert ended[0] == STUCK
    assert (events[0]["event"], events[0]["job"]) == ("job_stuck", "judge")


def test_jobs_that_end_are_forgotten(events):
    """However many, and however they end."""
    ended = []
    with Watch(0.05, ended.append) as watch:
        for _ in range(5):
            watch.over("sync", len)("ab")
            try:
                watch.over("sync", int)("no number")
            except ValueError:
                continue
        threading.Event().wait(0.15)
    assert (ended, events) == ([], [])
