"""The log book: constant names, allow-listed keys, and never a lost row."""

import io
import json
import logging

import pytest

from service import logs


@pytest.fixture
def out():
    return io.StringIO()


def rows(out: io.StringIO) -> list[dict]:
    return [json.loads(line) for line in out.getvalue().splitlines() if line.startswith("{")]


def test_an_event_is_one_line_of_json(out):
    """What is not a terminal reads JSON."""
    logs.configure(stream=out)
    logs.log().info("night_judged", athlete="a1", count=3)
    (row,) = rows(out)
    assert row["event"] == "night_judged"
    assert (row["athlete"], row["count"], row["level"]) == ("a1", 3, "info")


def test_a_key_that_is_not_allowed_is_dropped(out):
    """A careless call cannot write a token, an address or a title."""
    logs.configure(stream=out)
    logs.log().info("connected", token="abcdef", address="runner@example.org", title="Morning Run")
    assert "abcdef" not in out.getvalue()
    assert "runner@" not in out.getvalue()
    assert "Morning" not in out.getvalue()


def test_an_exception_is_its_type_and_code(out):
    """Messages of foreign exceptions may hold URLs with tokens."""
    logs.configure(stream=out)
    try:
        raise ValueError("https://example.org/?access_token=abcdef")
    except ValueError as error:
        logs.log().error("job_failed", exc_info=error)
    (row,) = rows(out)
    assert row["error"] == "ValueError"
    assert "abcdef" not in out.getvalue()


def test_a_library_in_trouble_is_one_line_without_its_text(out, capsys):
    """psycopg's pools and asyncio print tracebacks, with the address of the database, while it is away."""
    logs.configure(stream=out)
    trouble = ConnectionError("postgresql://freshlegs@db/secret")
    logging.getLogger("psycopg.pool").warning("error connecting in %r: %s", "pool-1", trouble)
    logging.getLogger("asyncio").error("Task exception was never retrieved", exc_info=trouble)
    logging.getLogger("psycopg.pool").warning("discarding closed connection: %s", "secret")
    assert [(row["source"], row.get("error")) for row in rows(out)] == [
        ("psycopg.pool", "ConnectionError"),
        ("asyncio", "ConnectionError"),
        ("psycopg.pool", None),
    ]
    printed = capsys.readouterr()
    assert "secret" not in out.getvalue() + printed.out + printed.err
    assert (printed.out, printed.err) == ("", "")


def test_a_tick_that_is_left_out_is_no_trouble(out, capsys):
    """On a busy machine there are many; a tick that has died is told by its heartbeat, and an error here."""
    logs.configure(stream=out)
    ticking = logging.getLogger("apscheduler.scheduler")
    ticking.warning('Execution of job "%s" skipped: maximum number of running instances reached (%d)', "x", 1)
    ticking.error("Error submitting job", exc_info=RuntimeError("secret"))
    assert [(row["source"], row["error"]) for row in rows(out)] == [("apscheduler.scheduler", "RuntimeError")]
    assert capsys.readouterr().err == ""


def test_a_value_cannot_break_its_line(out):
    """Line breaks and control characters in foreign text become spaces."""
    logs.configure(stream=out)
    logs.log().info("row_quarantined", reason="bad\nevent: forged\x1b[31m\u2028")
    assert len(out.getvalue().splitlines()) == 1


def test_quieter_levels_are_not_written(out):
    """LOG_LEVEL is a floor."""
    logs.configure("warning", stream=out)
    logs.log().info("tick")
    assert out.getvalue() == ""


def test_rows_reach_the_sink(out):
    """Admins read the same rows from the table."""
    kept = []
    book = logs.configure(stream=out, sink=kept.extend)
    logs.log().info("night_judged", athlete="a1")
    book.close()
    assert [row["event"] for row in kept] == ["night_judged"]


def test_a_failing_sink_loses_nothing(out):
    """If the table fails, print."""

    def broken(_rows):
        raise ConnectionError

    book = logs.configure(stream=out, sink=broken)
    logs.log().info("night_judged", athlete="a1")
    book.close()
    assert "ConnectionError" in out.getvalue()
    assert out.getvalue().count("night_judged") == 2


def test_columns_are_for_people(out):
    """On a terminal the name comes first and nothing is JSON."""
    logs.configure(form="columns", stream=out)
    logs.log().info("night_judged", athlete="a1")
    assert "night_judged" in out.getvalue()
    assert not rows(out)
