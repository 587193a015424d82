import doctest
from importlib import import_module

import pytest


@pytest.mark.parametrize(
    "module", ["lab.experiment", "lab.experiments", "lab.network", "lab.statistics", "lab.training"]
)
def test_the_examples_in_the_documentation_are_true(module):
    failed, tried = doctest.testmod(import_module(module))
    assert tried > 0
    assert failed == 0
