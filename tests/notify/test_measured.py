"""The sentence on how often a warning of a kind was right."""

import pytest

from service.domain.finding import Cause, Level
from service.domain.measured import Felts, Share
from service.domain.reply import Felt
from service.notify.measured import sentence
from service.notify.phrases import NOT_MEASURED

SHARE = Share(
    Cause.MUSCLE_FATIGUE, Level.LIKELY, "an unusually sore morning", 0.403, 0.267, 52, 21, "A study, 2024"
)


def test_what_was_measured_is_said_in_numbers_out_of_a_hundred():
    assert sentence(SHARE) == (
        "Of 100 such warnings in open study data, 40 were followed by an unusually sore morning within three "
        "days; on any three days it is 27 (52 warnings to 21 people; A study, 2024)."
    )


def test_where_nothing_was_measured_that_is_said():
    assert sentence(None) == NOT_MEASURED
    assert sentence(None, Felts()) == NOT_MEASURED


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({Felt.YES: 1}, "You have answered one warning of this kind: it matched how you felt."),
        ({Felt.NO: 1}, "You have answered one warning of this kind: it did not match."),
        (
            {Felt.YES: 3, Felt.PARTLY: 1, Felt.NO: 1},
            "Of the 5 warnings of this kind that you answered, 3 matched how you felt, 1 matched partly and "
            "1 did not match.",
        ),
        ({Felt.NO: 2}, "Of the 2 warnings of this kind that you answered, 2 did not match."),
    ],
)
def test_the_athletes_own_count_stands_beside_it(counts, said):
    """Once there; whatever it says."""
    assert sentence(SHARE, Felts(counts)) == f"{sentence(SHARE)} {said}"
    assert sentence(None, Felts(counts)) == f"{NOT_MEASURED} {said}"
