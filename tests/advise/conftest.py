"""The catalogue as it is shipped."""

from pathlib import Path

import pytest

from service.advise import catalogue
from service.advise.catalogue import Catalogue

ADVICE = Path(__file__).parents[2] / "config" / "advice.toml"


@pytest.fixture(scope="session")
def shipped() -> Catalogue:
    return catalogue.load(ADVICE)
