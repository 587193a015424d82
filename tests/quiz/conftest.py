"""What the tests of the questions share."""

from __future__ import annotations

from pathlib import Path

import pytest

from classroom.quiz import Bank, load

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def bank() -> Bank:
    """The questions of the talk."""
    return load(ROOT / "quizzes.yaml")
