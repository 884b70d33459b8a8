"""Strava's activities.csv in every form it has had."""

from datetime import UTC, datetime

import pytest

from service.archive import dates, sport
from service.archive.bulk_export import Table
from service.archive.found import Unreadable
from tests.archive.samples import SHARED, WIDE, table, wide_row

REAL = SHARED / "bulk_export" / "activities.csv"
NEEDS_REAL = pytest.mark.skipif(not REAL.is_file(), reason="the shared export is not beside this repository")
GERMAN = {
    0: "Aktivitäts-ID", 1: "Aktivitätsdatum", 3: "Aktivitätsart", 5: "Verstrichene Zeit", 6: "Distanz",
    7: "Max. Herzfrequenz", 8: "Relative Leistung", 12: "Dateiname", 15: "Verstrichene Zeit",
    16: "Bewegungszeit", 17: "Distanz", 30: "Max. Herzfrequenz", 31: "Durchschnittliche Herzfrequenz",
    37: "Relative Leistung",
}  # fmt: skip


def rows(data: bytes, zone: str = "UTC"):
    """The sessions of a table."""
    return [row.activity for row in Table(data, zone).rows()]


def test_the_wide_form() -> None:
    """Of names that occur twice the second, metric one counts; the title is not read."""
    found = rows(table(wide_row(1)), "Europe/Oslo")[0]
    assert found.start == datetime(2025, 3, 2, 7, 30, tzinfo=UTC)
    assert (found.utc_offset_s, found.sport, found.external_id) == (3600, "Run", "7000000001")
    assert (found.moving_s, found.elapsed_s, found.distance_m) == (1800, 1900, 5021.5)
    assert (found.average_hr, found.max_hr, found.cadence_spm) == (151.0, 171.0, 164.0)
    assert (found.gain_m, found.relative_effort, found.detailed) == (35.5, 44.0, False)
    assert "Secret" not in repr(found)


def test_the_form_of_fifteen_columns() -> None:
    """One Distance alone is in kilometres; the elapsed time stands in for the moving time."""
    found = rows(table(wide_row(1)[:15], header=WIDE[:15]))[0]
    assert (found.moving_s, found.elapsed_s, found.distance_m) == (1900, 1900, 5020.0)


def test_the_form_before_2019() -> None:
    """Small names, ISO dates, metres."""
    header = "id,date,name,type,description,elapsed_time,distance,commute,gear,filename".split(",")
    row = ["9", "2018-09-12 15:02:23", "Secret", "Run", "", "1783", "3681.0", "false", "", "activities/9.gpx"]
    found = rows(table(row, header=header))[0]
    assert (found.start, found.distance_m) == (datetime(2018, 9, 12, 15, 2, 23, tzinfo=UTC), 3681.0)


def test_the_wide_form_in_another_language() -> None:
    """Known by its twins, whatever the language; decimal comma and date of the country."""
    header = [GERMAN.get(n, f"Spalte {n}") for n in range(60)]
    row = wide_row(1, c1="02.03.2025, 07:30:00", c3="Lauf", c6="5,02") + [""] * 9
    found = rows(table(row, header=header))[0]
    assert (found.sport, found.distance_m, found.average_hr) == ("Run", 5021.5, 151.0)
    assert found.start == datetime(2025, 3, 2, 7, 30, tzinfo=UTC)


def test_the_short_form_in_another_language() -> None:
    """By the names that are known."""
    header = ["ID de l'activité", "Date de l'activité", "Type d'activité", "Temps écoulé", "Distance"]
    found = rows(table(["8", "2 mars 2025 à 07:30:00", "Course à pied", "1800", "5,02"], header=header))[0]
    assert (found.sport, found.distance_m, found.start.hour) == ("Run", 5020.0, 7)


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ((2020, 4, 26, 15, 20, 32), "Apr 26, 2020, 3:20:32 PM"),  # American English
        ((2020, 4, 26, 0, 20, 32), "Apr 26, 2020, 12:20:32 AM"),  # midnight in it
        ((2020, 4, 26, 15, 20, 32), "26 Apr 2020, 15:20:32"),  # British English
        ((2022, 12, 9, 15, 24, 49), "09.12.2022, 15:24:49"),  # German
        ((2022, 12, 9, 15, 24, 49), "9 déc. 2022 à 15:24:49"),  # French
        ((2022, 7, 9, 15, 24, 49), "9 juil. 2022 à 15:24:49"),  # French July
        ((2022, 6, 9, 15, 24, 49), "9 juin 2022 à 15:24:49"),  # French June
        ((2022, 1, 9, 15, 24, 49), "9 ene 2022, 15:24:49"),  # Spanish
        ((2022, 12, 9, 15, 24, 49), "9 de dez. de 2022 15:24:49"),  # Portuguese
        ((2018, 9, 12, 15, 2, 23), "2018-09-12 15:02:23"),  # before 2019
    ],
)
def test_dates(expected: tuple[int, ...], text: str) -> None:
    """In the language of the account, always UTC."""
    assert dates.moment(text) == datetime(*expected, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "Foo 26, 2020, 3:20:32 PM", "31.02.2022, 1:00:00", "9 xyz 2022, 1:00:00"]
)
def test_what_is_no_date(text: str) -> None:
    """Not guessed at."""
    assert dates.moment(text) is None


@pytest.mark.parametrize(
    ("expected", "name"),
    [
        ("Run", "Run"), ("WeightTraining", "Weight Training"), ("StairStepper", "Stair-Stepper"),
        ("TrailRun", "Trail Run"), ("EMountainBikeRide", "E-Mountain Bike Ride"), ("Ride", "Radfahrt"),
        ("Run", "Course à pied"), ("Unknown", "跑步"),
    ],
)  # fmt: skip
def test_sports(expected: str, name: str) -> None:
    """Strava's sport_type, from its name in the export."""
    assert sport.from_export(name) == expected


@pytest.mark.parametrize(
    ("complaint", "row"),
    [
        ("number is missing", wide_row(c0="")),
        ("number is missing", wide_row(c0="seven")),
        ("date cannot be read", wide_row(c1="soon")),
        ("date cannot be read", wide_row(c1="Jan 1, 1989, 1:00:00 AM")),
        ("no duration", wide_row(c15="", c16="")),
        ("negative or longer", wide_row(c15="-5", c16="")),
        ("negative or longer", wide_row(c15="9999999")),
        ("no duration", wide_row(1)[:6]),
    ],
)
def test_a_row_that_cannot_be_is_refused_alone(complaint: str, row: list[str]) -> None:
    """By its line; the others stay."""
    found = Table(table(wide_row(1), row, wide_row(2)), "UTC")
    assert len(list(found.rows())) == 2
    assert found.refused[0][0] == 3
    assert complaint in found.refused[0][1]


@pytest.mark.parametrize(
    ("complaint", "changes"),
    [
        ("average hr", {"c31": "255"}),
        ("highest heart rate", {"c30": "100"}),
        ("faster than anyone runs", {"c17": "90000"}),
        ("gain", {"c20": "nan"}),
        ("exertion", {"c43": "11"}),
    ],
)
def test_a_value_that_cannot_be_is_left_out(complaint: str, changes: dict[str, str]) -> None:
    """The session is kept without it, and the line is named."""
    found = Table(table(wide_row(1, **changes)), "UTC")
    assert len(list(found.rows())) == 1
    assert found.doubts[0].startswith("line 2: ")
    assert complaint in found.doubts[0]


def test_races_long_runs_and_sessions_by_hand() -> None:
    """What the athlete said of a run."""
    race, long_run, by_hand = rows(
        table(
            wide_row(1, Competition="1.0"),
            wide_row(2, **{"Long Run": "1.0"}),
            wide_row(3, Filename="", Gear="1001"),
        )
    )
    assert (race.is_race, long_run.workout_type, by_hand.manual, by_hand.gear_id) == (True, 2, True, "1001")


@pytest.mark.parametrize(
    "data",
    [
        table(wide_row(1, c4="two\nlines, and a comma")),  # line breaks in texts
        b"\xef\xbb\xbf" + table(wide_row(1)),  # a byte order mark
        table(wide_row(1)).decode().encode("utf-16"),  # saved by a spreadsheet
        table(wide_row(1, c2="Späte Runde")).decode().encode("cp1252"),  # saved by an old one
        table(wide_row(1), delimiter=";"),  # with its own delimiter
        table(wide_row(1)) + b"\n\n",  # blank lines at the end
    ],
)
def test_what_spreadsheets_do(data: bytes) -> None:
    """The same session all the same."""
    assert [found.distance_m for found in rows(data)] == [5021.5]


@pytest.mark.parametrize(
    ("complaint", "data"),
    [
        ("is empty", b""),
        ("not Strava's", b"a,b,c\n1,2,3\n"),
        ("not text", b"\x00\x01\x02" * 50),
        ("not text", b"\x81\x8d\x8f" * 50),
        ("quotation mark", table(wide_row(1)) + b'7,"' + b"x" * 200_000),
    ],
)
def test_what_is_no_table_is_refused_whole(complaint: str, data: bytes) -> None:
    """Nothing is half read."""
    with pytest.raises(Unreadable, match=complaint):
        rows(data)


@NEEDS_REAL
def test_a_real_export() -> None:
    """647 activities of five years, none refused; 401 runs, 370 of them with a heart rate."""
    found = Table(REAL.read_bytes(), "America/New_York")
    sessions = [row.activity for row in found.rows()]
    runs = [each for each in sessions if each.is_run]
    assert (len(sessions), len(runs), sum(each.average_hr is not None for each in runs)) == (647, 401, 369)
    assert sum(each.relative_effort is not None for each in sessions) == 607
    assert found.refused == []
