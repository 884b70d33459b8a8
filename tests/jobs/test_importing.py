"""An archive into the store: once, whole files, and never twice."""

from uuid import uuid4

import pytest

from service.archive.found import Refused
from service.archive.reader import Request
from service.domain.activity import Source
from service.errors import InputError
from service.jobs import clock
from service.jobs.importing import take_in
from service.jobs.upload import harmless, read_upload
from service.notify.message import Message
from service.store.uploads import UploadState
from tests.apps import an_athlete, season_of_runs, with_runs
from tests.archive.samples import export, fit_run, table, wide_row
from tests.jobs.conftest import NOW


def imported(app, athlete, *paths):
    """The tally of an import."""
    *_, tally = take_in(app.store, athlete.id, Request(paths, zone=athlete.zone, processes=1), app.now())
    return tally


def sessions(app, athlete):
    with app.store.transaction() as tx:
        return tx.activities.of(athlete.id, NOW.replace(year=2000))


def test_an_export_is_stored_with_its_provenance(app, tmp_path) -> None:
    """New once, known from then on."""
    athlete = an_athlete(app)
    path = export(tmp_path / "export.zip")
    first, second = imported(app, athlete, path), imported(app, athlete, path)
    assert (first.read, first.new, first.known, len(first.refused)) == (3, 3, 0, 1)
    assert (second.read, second.new, second.changed, second.known) == (3, 0, 0, 3)
    assert {each.source for each in sessions(app, athlete)} == {Source.ARCHIVE}
    assert "3 new" in first.sentence


def test_many_rows_go_the_short_way_and_come_out_the_same(app, tmp_path) -> None:
    """COPY and single inserts leave the same rows; every value survives."""
    one, other = an_athlete(app, 7), an_athlete(app, 8, address=None)
    rows = [
        wide_row(n, Filename="", c1=f"Mar {1 + n % 28}, {1990 + n // 28 + 20}, 7:30:00 AM")
        for n in range(400)
    ]
    (tmp_path / "activities.csv").write_bytes(table(*rows))
    for part in range(4):
        (tmp_path / str(part)).mkdir()
        (tmp_path / str(part) / "activities.csv").write_bytes(table(*rows[part * 100 : part * 100 + 100]))
    assert imported(app, one, tmp_path / "activities.csv").new == 400
    assert imported(app, other, *(tmp_path / str(part) for part in range(4))).new == 400
    assert sessions(app, one) == sessions(app, other)
    rows[5][17] = "6000.0"
    (tmp_path / "activities.csv").write_bytes(table(*rows))
    again = imported(app, one, tmp_path / "activities.csv")
    assert (again.new, again.changed, again.known) == (0, 1, 399)


def test_stravas_row_counts_while_it_is_kept(app, tmp_path) -> None:
    """Both stand in the store; one is read. When Strava's is gone, the archive's stands again."""
    athlete = an_athlete(app)
    [run] = season_of_runs(NOW.date(), days=1)
    with_runs(app, athlete, [run])
    (tmp_path / "a.fit").write_bytes(fit_run(start=run.start, seconds=3000))
    imported(app, athlete, tmp_path / "a.fit")
    with app.store.transaction() as tx:
        assert tx.activities.counts()[athlete.id] == 2
    assert [each.source for each in sessions(app, athlete)] == [Source.STRAVA]
    with app.store.transaction() as tx:
        tx.activities.remove(athlete.id, Source.STRAVA, run.external_id)
    assert [each.source for each in sessions(app, athlete)] == [Source.ARCHIVE]


def test_nothing_is_stored_for_who_is_gone(app, tmp_path) -> None:
    """Erased while the archive was read."""
    path = export(tmp_path / "export.zip")
    with pytest.raises(InputError, match="nothing was stored"):
        list(take_in(app.store, uuid4(), Request((path,), processes=1), app.now()))


def uploaded(app, athlete, content: bytes):
    with app.store.transaction() as tx:
        upload = tx.uploads.begin(athlete.id, len(content), app.now())
        for number, start in enumerate(range(0, len(content), 1000)):
            tx.uploads.add(athlete.id, upload, number, content[start : start + 1000])
    return upload


def latest(app, athlete):
    with app.store.transaction() as tx:
        return tx.uploads.latest(athlete.id)


def test_an_upload_is_read_told_and_forgotten(app, tmp_path) -> None:
    """Sessions in the store, figures on the row, a mail in the outbox, no byte of the file left."""
    athlete = an_athlete(app)
    upload = uploaded(app, athlete, export(tmp_path / "export.zip").read_bytes())
    clock.due_uploads(app)
    assert app.queue.of("archive") == [upload]
    read_upload(app, [str(upload)])
    found = latest(app, athlete)
    assert (found.state, found.result["new"], found.result["refused"]) == (UploadState.DONE, 3, 1)
    assert found.files_done == found.files_total == 3
    assert found.result["numbered"][0].startswith("2.fit.gz: it is damaged")
    with app.store.transaction() as tx:
        assert list(tx.uploads.pieces(athlete.id, upload)) == []
        mail = tx.mailbox.latest()
    assert isinstance(mail, Message)
    assert "3 sessions are new" in mail.text
    assert len(app.queue.of("deliver")) == 1
    read_upload(app, [str(upload)])
    assert len(app.queue.of("deliver")) == 1


def test_an_upload_without_a_session_says_so(app) -> None:
    """And without an address there is no mail."""
    athlete = an_athlete(app, address=None)
    read_upload(app, [str(uploaded(app, athlete, b"nothing of use"))])
    assert latest(app, athlete).state is UploadState.FAILED
    assert latest(app, athlete).result["read"] == 0
    assert app.queue.of("deliver") == []


def test_a_worker_that_dies_leaves_it_to_the_next_three_times(app) -> None:
    """An archive that ends its reader again and again is given up."""
    athlete = an_athlete(app)
    upload = uploaded(app, athlete, b"x")
    for _ in range(3):
        with app.store.transaction() as tx:
            assert tx.uploads.due(5) == [upload]
            assert tx.uploads.take(upload, -1) is not None
    with app.store.transaction() as tx:
        assert tx.uploads.due(5) == []
        assert tx.uploads.take(upload, 60) is None
    assert latest(app, athlete).state is UploadState.FAILED
    clock.purge(app)
    with app.store.transaction() as tx:
        assert list(tx.uploads.pieces(athlete.id, upload)) == []


def test_one_worker_reads_it(app) -> None:
    """The second finds it taken, and one that is erased is nobody's."""
    athlete = an_athlete(app)
    upload = uploaded(app, athlete, b"x")
    with app.store.transaction() as tx:
        assert tx.uploads.take(upload, 60) is not None
        assert tx.uploads.take(upload, 60) is None
        assert tx.uploads.due(5) == []
        tx.athletes.forget(athlete.id, app.now())
    assert latest(app, athlete) is None


@pytest.mark.parametrize(
    ("expected", "name"),
    [
        ("123.fit.gz: broken", "activities/123.fit.gz"),  # Strava's own numbering
        ("activities.csv, line 7: broken", "activities.csv, line 7"),
        (None, "Morning_run_at_home.gpx"),  # a title
        (None, "/tmp/x/archive"),
    ],
)
def test_only_numbered_files_are_named_on_the_page(expected, name) -> None:
    """People name files after places, and no title is kept."""
    assert harmless(Refused(name, "broken")) == expected
