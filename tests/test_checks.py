"""Checks of arguments."""

import re
import subprocess
import sys

import numpy as np
import pytest

from rnncourse._checks import check_whole


@pytest.mark.parametrize("value", [2, 3, np.int64(2), np.uint8(200)])
def test_whole_numbers_of_python_and_numpy_pass(value):
    check_whole("steps", value, least=2)


@pytest.mark.parametrize("value", [1, -2, 2.0, np.float64(3), True, np.bool_(True), "3", None, np.array([3])])
def test_everything_else_is_refused_by_name(value):
    with pytest.raises(ValueError, match=re.escape(f"steps must be a whole number from 2 up, received {value!r}")):
        check_whole("steps", value, least=2)


def test_zero_and_below_can_be_allowed():
    check_whole("offset", 0, least=0)
    check_whole("offset", -3, least=-3)


def test_the_checks_need_the_standard_library_alone():
    code = "import sys, rnncourse._checks; print({'numpy', 'pandas', 'keras'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"
