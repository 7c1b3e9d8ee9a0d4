"""One run of an experiment in another process."""

import subprocess
import sys

import cloudpickle

from rnncourse._worker import run_here, run_pickled


def test_the_module_needs_the_standard_library_alone():
    code = "import sys, rnncourse._worker; print({'numpy', 'cloudpickle', 'keras'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"


def test_another_process_gets_one_thread_for_each_library(monkeypatch):
    names = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    for name in (*names, "MKL_NUM_THREADS"):
        monkeypatch.setenv(name, "4")

    def threads(name):
        import os

        return int(os.environ[name])

    for name in names:
        outcome = run_pickled(cloudpickle.dumps(threads), cloudpickle.dumps({"name": name}), home=0)
        assert outcome.results == {"result": 1}


def test_what_cannot_be_read_is_a_failed_run():
    outcome = run_pickled(b"no pickle", b"", 0)
    assert outcome.error.startswith("UnpicklingError") and outcome.results == {} and outcome.seconds != outcome.seconds


def test_an_outcome_says_how_long_it_took_and_where_it_failed():
    good = run_here(lambda x: x + 1, {"x": 2})
    assert good.results == {"result": 3} and 0 <= good.seconds < 1 and good.error is good.trace is None
    bad = run_here(lambda x: x.nothing, {"x": 2})
    assert bad.error == "AttributeError: 'int' object has no attribute 'nothing'" and "test_worker" in bad.trace
