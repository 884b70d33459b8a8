"""What has lasted too long to be training."""

from datetime import date, timedelta

import pytest

from service.domain.history import CheckIn
from service.domain.lasting import lasting

TODAY = date(2026, 3, 20)


def told(days: list[int], **values: int) -> list[CheckIn]:
    """The same answers so many days ago."""
    return [CheckIn(TODAY - timedelta(days=ago), **values) for ago in sorted(days, reverse=True)]


@pytest.mark.parametrize(
    ("items", "answers"),
    [
        (["soreness"], told([8, 5, 3, 0], soreness=2)),
        ([], told([6, 5, 3, 0], soreness=1)),  # six days
        ([], told([8, 5, 0], soreness=2)),  # three answers
        ([], told([8, 5, 3, 0], soreness=3)),  # not low
        ([], sorted(told([8, 5, 0], soreness=1) + told([3], soreness=4), key=lambda each: each.date)),
        ([], told([30, 28, 26, 24], soreness=1)),  # weeks ago
        ([], told([30, 28, 2, 0], soreness=1)),  # a gap lies between
        ([], told([8, 5, 3, 0], fatigue=1)),  # tiredness may last a week
        (["fatigue"], told([15, 12, 9, 6, 3, 0], fatigue=2)),
        (["soreness", "fatigue"], told([15, 12, 9, 6, 3, 0], fatigue=2, soreness=1)),
        ([], []),
        ([], told([-1, -3, -5, -9], soreness=1)),  # not yet
    ],
)
def test_every_answer_low_for_longer_than_training_explains(items: list[str], answers: list[CheckIn]) -> None:
    """Soreness more than a week, tiredness more than two; one better answer, and it begins anew."""
    assert lasting(answers, TODAY) == items
