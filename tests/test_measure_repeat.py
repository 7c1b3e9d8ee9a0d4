"""Experiments over seeds and a grid: the table, failures, interrupts, and other processes."""

import concurrent.futures
import multiprocessing
import os
import subprocess
import sys
import textwrap
import threading

import numpy as np
import pandas as pd
import pytest

from rnncourse import measure
from rnncourse.measure import repeat


def scaled(*, factor, seed, shift=0):
    return factor * np.random.default_rng(seed).random() + shift


def spawning(workers=2):
    return concurrent.futures.ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))


def test_one_row_a_run_in_the_order_of_the_grid():
    table = repeat(scaled, [4, 2], over={"factor": [1.0, 10.0], "shift": [0, 3]})
    assert list(table.columns) == ["factor", "shift", "seed", "result", "seconds", "error"]
    assert table[["factor", "shift", "seed"]].to_numpy().tolist() == [
        [factor, shift, seed] for factor in (1, 10) for shift in (0, 3) for seed in (4, 2)
    ]
    assert table["factor"].dtype == float and table["seed"].dtype == table["shift"].dtype == int
    expected = [scaled(factor=row.factor, shift=row.shift, seed=row.seed) for row in table.itertuples()]
    np.testing.assert_array_equal(table["result"], expected)
    assert (table["seconds"] >= 0).all() and table["error"].isna().all()


def test_results_by_name_and_no_grid():
    table = repeat(lambda seed: {"loss": np.float32(seed / 2), "solved": seed > 1, "steps": 7}, range(3))
    assert list(table.columns) == ["seed", "loss", "solved", "steps", "seconds", "error"]
    assert table["loss"].tolist() == [0, 0.5, 1] and table["solved"].tolist() == [False, False, True]
    assert table["solved"].dtype == bool and table["steps"].dtype == int


def test_a_number_of_seeds_counts_from_the_seed_of_the_course(monkeypatch):
    assert repeat(lambda seed: seed, 3)["seed"].tolist() == [0, 1, 2]
    monkeypatch.setenv("RNNCOURSE_SEED", "7")
    assert repeat(lambda seed: seed, 3)["seed"].tolist() == [7, 8, 9]
    assert repeat(lambda seed: seed, [3])["seed"].tolist() == [3]


def test_none_and_objects_stay_what_they_are_in_the_grid():
    table = repeat(lambda clip, seed: 0 if clip is None else clip, 1, over={"clip": [None, 1.0]})
    assert table["clip"].tolist() == [None, 1.0]
    assert measure.summarise(table, by="clip")["clip"].tolist() == [None, 1.0]
    table = repeat(lambda kind, seed: kind(seed), [5], over={"kind": [int, float]})
    assert table["kind"].tolist() == [int, float]


def fails_at_three(*, steps, seed):
    if seed == 3:
        raise ArithmeticError("diverged")
    return steps + seed


def test_a_failed_run_is_named_and_the_others_are_kept():
    with pytest.warns(RuntimeWarning, match="2 of 6 runs failed: seed 3, steps 10: ArithmeticError: diverged; seed"):
        table = repeat(fails_at_three, [2, 3, 4], over={"steps": [10, 20]})
    assert table.loc[table["seed"] == 3, "error"].tolist() == ["ArithmeticError: diverged"] * 2
    assert table.loc[table["seed"] == 3, "result"].isna().all()
    assert table.loc[table["seed"] != 3, "result"].tolist() == [12, 14, 22, 24]


def test_many_failures_are_counted():
    def mostly(seed):
        return 1 / (seed == 0)

    with pytest.warns(RuntimeWarning, match=r"5 of 6 runs failed: seed 1: .*seed 3: [^;]*; and 2 more"):
        repeat(mostly, range(6))


def test_when_every_run_fails_the_traceback_is_shown():
    with pytest.raises(RuntimeError, match=r"every run failed \(2\); the first, seed 0: ZeroDiv(.|\n)*in broken"):

        def broken(seed):
            return 1 / 0

        repeat(broken, 2)


@pytest.mark.parametrize(
    ("returned", "received"),
    [
        ("good", "received str"),
        (None, "received NoneType"),
        ([1, 2], "received list"),
        ({"a": "x"}, "received 'a': str"),
        ({1: 2.0}, "received 1: float"),
        ({"a": np.ones(2)}, "received 'a': ndarray"),
    ],
)
def test_a_run_that_returns_no_number_has_failed(returned, received):
    with pytest.warns(RuntimeWarning, match=f"a number or a dict of numbers by name, {received}"):
        table = repeat(lambda seed: returned if seed else 1.0, 2)
    assert table["error"].notna().tolist() == [False, True]


def test_an_interrupt_keeps_what_is_finished():
    def interrupted(seed):
        if seed == 2:
            raise KeyboardInterrupt
        return seed

    with pytest.warns(RuntimeWarning, match="2 of 4 runs failed: seed 2: KeyboardInterrupt: stopped before"):
        table = repeat(interrupted, 4)
    assert table["result"].tolist()[:2] == [0, 1] and table["error"].notna().tolist() == [False, False, True, True]


def test_an_interrupt_before_anything_is_finished_goes_through():
    def interrupted(seed):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        repeat(interrupted, 3)


class Interrupting(concurrent.futures.Executor):
    """The first run is done at once, the second is interrupted a little later, the others wait for ever."""

    def __init__(self):
        self.futures = []

    def submit(self, run, *arguments):
        future = concurrent.futures.Future()
        if not self.futures:
            future.set_result(run(*arguments))
        elif len(self.futures) == 1:
            threading.Timer(0.3, future.set_exception, [KeyboardInterrupt()]).start()
        self.futures.append(future)
        return future


def test_an_interrupt_calls_off_what_waits_elsewhere():
    executor = Interrupting()
    with pytest.warns(RuntimeWarning, match="3 of 4 runs failed"):
        table = repeat(scaled, 4, over={"factor": [1]}, executor=executor)
    assert table["error"].isna().tolist() == [True, False, False, False]
    assert [future.cancelled() for future in executor.futures] == [False, False, True, True]


def test_progress_says_how_far_it_is(monkeypatch, capsys):
    for name in ("CI", "RNNCOURSE_QUIET"):
        monkeypatch.delenv(name, raising=False)
    repeat(scaled, 3, over={"factor": [1, 2]})
    shown = capsys.readouterr().err
    assert "scaled" in shown and "/6" in shown


def test_threads_leave_this_process_as_it_is(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        table = repeat(scaled, 3, over={"factor": [2.0]}, executor=pool)
    pd.testing.assert_frame_equal(
        table.drop(columns="seconds"), repeat(scaled, 3, over={"factor": [2.0]}).drop(columns="seconds")
    )
    assert os.environ["OMP_NUM_THREADS"] == "3"


NOTEBOOK = textwrap.dedent(
    """
    import os, sys
    OFFSET = 100
    def helper(seed):
        return OFFSET + seed
    def experiment(*, power, seed):
        early = "numpy" in sys.modules or "tensorflow" in sys.modules
        import numpy as np
        if power == 9 and seed == 1:
            raise ValueError("not this one")
        return {"value": helper(seed) ** power, "threads": int(os.environ["TF_NUM_INTRAOP_THREADS"]),
                "process": os.getpid(), "early": early}
    """
)


def check_distributed(table):
    good = table[table["error"].isna()]
    assert good["value"].tolist() == [100, 101, 102, 100**9, 102**9]
    assert table["error"].dropna().tolist() == ["ValueError: not this one"]
    assert (good["threads"] == 1).all()
    assert os.getpid() not in set(good["process"])


@pytest.mark.filterwarnings("ignore:1 of 6 runs failed:RuntimeWarning")
def test_spawned_processes_run_a_function_of_a_notebook(monkeypatch):
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "2")
    notebook = {}
    exec(NOTEBOOK, notebook)
    with spawning() as pool:
        table = repeat(notebook["experiment"], 3, over={"power": [1, 9]}, executor=pool)
        check_distributed(table)
        assert not table["early"].iloc[0], "NumPy or TensorFlow was loaded before the threads were set"
    assert os.environ["TF_NUM_INTRAOP_THREADS"] == "2"


@pytest.mark.filterwarnings("ignore:1 of 6 runs failed:RuntimeWarning")
def test_a_dask_cluster_runs_a_function_of_a_notebook(tmp_path):
    distributed = pytest.importorskip("distributed")
    notebook = {}
    exec(NOTEBOOK, notebook)
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, local_directory=str(tmp_path)
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        executor = client.get_executor()
        check_distributed(repeat(notebook["experiment"], 3, over={"power": [1, 9]}, executor=executor))
        with pytest.raises(ValueError, match=r"received Client; pass client.get_executor\(\)"):
            repeat(scaled, 1, over={"factor": [1]}, executor=client)


def test_a_script_run_as_main_spawns_its_processes(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent(
            """
            import multiprocessing
            from concurrent.futures import ProcessPoolExecutor
            from rnncourse import measure

            def experiment(*, seed):
                return seed + 1

            if __name__ == "__main__":
                with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
                    print(measure.repeat(experiment, 2, executor=pool)["result"].tolist())
            """
        )
    )
    result = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=120)
    assert result.stdout.strip() == "[1, 2]", result.stderr


def test_a_worker_that_dies_is_a_failed_run():
    def dies(seed):
        if seed:
            import os

            os._exit(3)
        return 0

    with spawning(1) as pool, pytest.warns(RuntimeWarning, match="1 of 2 runs failed: seed 1: BrokenProcessPool"):
        assert repeat(dies, 2, executor=pool)["result"].iloc[0] == 0


def test_a_pool_that_forks_is_refused():
    with (
        concurrent.futures.ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool,
        pytest.raises(ValueError, match=r"must spawn its processes, since a forked .*received one that forks"),
    ):
        repeat(scaled, 1, over={"factor": [1]}, executor=pool)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seeds": 0}, "seeds must be a whole number from 1 up, received 0"),
        ({"seeds": 1.5}, "seeds must be a whole number from 1 up, received 1.5"),
        ({"seeds": []}, r"seeds must be different, at least one, received \[\]"),
        ({"seeds": [1, 1]}, r"seeds must be different, at least one, received \[1, 1\]"),
        ({"seeds": [0, -1]}, "every seed must be a whole number from 0 up, received -1"),
        ({"seeds": "12"}, "every seed must be a whole number from 0 up, received '1'"),
        ({"over": [1]}, "over must be a dict of values by name of argument, received list"),
        ({"over": {"seed": [1]}}, "over must not name 'seed'"),
        ({"over": {"factor": 3}}, r"over\['factor'\] must be a list of values, received 3"),
        ({"over": {"factor": "ab"}}, r"over\['factor'\] must be a list of values, received 'ab'"),
        ({"over": {"factor": []}}, r"over\['factor'\] must hold different values, at least one, received \[\]"),
        ({"over": {"factor": [1, 1]}}, r"over\['factor'\] must hold different values, at least one, received \[1, 1\]"),
        ({"over": {"factor": [[1]]}}, r"must hold hashable values \(a tuple in place of a list\), received \[1\]"),
        ({"over": {"wrong": [1]}}, "experiment must take the keyword arguments wrong, seed and no other"),
        ({"over": None}, "experiment must take the keyword arguments seed and no other without a default: missing"),
        ({"experiment": 3}, "experiment must be a function, received int"),
        ({"experiment": lambda factor, seed: {"seed": 1}}, "names of their own, received seed"),
        ({"experiment": lambda factor, seed: {"factor": 1}}, "names of their own, received factor"),
        ({"executor": 2}, "executor must be a concurrent.futures.Executor, received int"),
    ],
)
def test_refuses(arguments, message):
    given = {"experiment": scaled, "seeds": 2, "over": {"factor": [1.0]}} | arguments
    with pytest.raises(ValueError, match=message):
        repeat(given.pop("experiment"), given.pop("seeds"), given.pop("over"), **given)
