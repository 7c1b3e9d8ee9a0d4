"""Experiments over seeds and a grid: one row a run."""

from __future__ import annotations

import inspect
import itertools
import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from typing import TYPE_CHECKING, Any

from rnncourse._checks import check_whole
from rnncourse._runtime import base_seed, is_quiet, progress
from rnncourse._worker import Outcome, failed, run_here, run_pickled
from rnncourse.measure._cache import Cache
from rnncourse.measure.intervals import grid_column

if TYPE_CHECKING:
    import pandas as pd

_OWN_COLUMNS = ("seed", "seconds", "error")
_SHOWN = 3  # failed runs that the warning names


def repeat(
    experiment: Callable[..., float | Mapping[str, float]],
    seeds: int | Iterable[int],
    over: Mapping[str, Sequence[Any]] | None = None,
    *,
    executor: Executor | None = None,
    cache: str | os.PathLike | None = None,
) -> pd.DataFrame:
    """Run an experiment for every seed at every point of a grid.

    A run that fails leaves its message in the row, a warning names its seed and arguments, and the others go on. An
    interrupt ends the waiting and returns what is there; runs that were not finished say so in ``error``.

    Args:
        experiment: called as ``experiment(**point, seed=seed)``, returns a number, or a dict of numbers by name. It
            seeds what it uses, for one with ``keras.utils.set_random_seed(seed)``.
        seeds: n ≥ 1 for the n seeds from ``RNNCOURSE_SEED`` up; or different whole numbers ≥ 0, taken as they are.
        over: values to try, by name of argument; all combinations are run. Values have to be hashable.
        executor: any ``concurrent.futures.Executor``, which stays open; without one, the runs follow each other here.
            Processes must be spawned: ``ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn"))``. A
            ``dask.distributed`` client gives one with ``client.get_executor()``. The experiment may be defined in a
            notebook: it travels by cloudpickle, once for each run, so it had better load its data itself. Each worker
            process uses one TensorFlow thread and needs rnncourse installed.
        cache: a folder for finished runs: a second call finds them, and an interrupted one goes on where it ended. A
            run is known by the experiment's code and what that refers to, its arguments, seed, and the versions of
            Python, NumPy, Keras, TensorFlow and this package; files that it reads and modules of your own that it
            imports inside itself are not seen. Ignored in CI and while a notebook is built, where everything is
            measured anew.

    Returns:
        pandas.DataFrame: one row a run, the seeds of a grid point one below the other; the columns of ``over``,
        ``seed``, one for each result ("result" for a plain number), ``seconds``, and ``error``, None for success.

    Raises:
        ValueError: an argument is of another form or outside its range; the pool forks its processes; or the cache
            cannot tell what the experiment refers to.
        RuntimeError: every run failed; shows where the first did.
    """
    seeds, over = _seeds(seeds), _grid(over)
    points = [dict(zip(over, values, strict=True)) for values in itertools.product(*over.values())]
    runs = [{**point, "seed": seed} for point in points for seed in seeds]
    _check_call(experiment, runs[0])
    _check_executor(executor)
    kept = None if cache is None or is_quiet() else Cache(cache, experiment)
    outcomes: dict[int, Outcome] = {}
    if kept is not None:
        found = ((i, kept.find(run)) for i, run in enumerate(runs))
        outcomes = {i: outcome for i, outcome in found if outcome is not None}
    missing = [i for i in range(len(runs)) if i not in outcomes]
    finished = _finished(experiment, {i: runs[i] for i in missing}, executor)
    try:
        for _ in progress(missing, getattr(experiment, "__name__", "experiment")) if missing else ():
            i, outcome = next(finished)
            outcomes[i] = outcome
            _check_names(over, outcome)
            if kept is not None:
                kept.keep(runs[i], outcome)
    except KeyboardInterrupt:
        if not outcomes:
            raise
        unfinished = failed(KeyboardInterrupt("stopped before this run was finished"))
        outcomes = {i: outcomes.get(i, unfinished) for i in range(len(runs))}
    finally:
        finished.close()  # calls off what waits
    _report(runs, outcomes)
    return _table(over, runs, [outcomes[i] for i in range(len(runs))])


def _finished(
    experiment: Callable, runs: dict[int, dict[str, Any]], executor: Executor | None
) -> Iterator[tuple[int, Outcome]]:
    """Each run's number and outcome, as they finish."""
    if executor is None:
        for i, run in runs.items():
            yield i, run_here(experiment, run)
        return
    import cloudpickle

    payload = cloudpickle.dumps(experiment)
    waiting: dict[Future, int] = {}
    try:
        for i, run in runs.items():
            waiting[executor.submit(run_pickled, payload, cloudpickle.dumps(run), os.getpid())] = i
        for future in as_completed(waiting):
            yield waiting[future], _outcome(future)
    finally:
        for future in waiting:
            future.cancel()


def _outcome(future: Future) -> Outcome:
    try:
        return future.result()
    except Exception as error:  # the worker itself died, or its answer could not travel
        return failed(error)


def _report(runs: list[dict[str, Any]], outcomes: dict[int, Outcome]) -> None:
    wrong = [i for i in range(len(runs)) if outcomes[i].error is not None]
    if not wrong:
        return
    lines = [f"{_named(runs[i])}: {outcomes[i].error}" for i in wrong]
    if len(wrong) == len(runs):
        raise RuntimeError(f"every run failed ({len(runs)}); the first, {lines[0]}\n{outcomes[wrong[0]].trace}")
    more = f"; and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
    warnings.warn(
        f"{len(wrong)} of {len(runs)} runs failed: {'; '.join(lines[:_SHOWN])}{more}", RuntimeWarning, stacklevel=3
    )


def _named(run: dict[str, Any]) -> str:
    return ", ".join(f"{name} {run[name]!r}" for name in ("seed", *(key for key in run if key != "seed")))


def _table(over: Mapping[str, Sequence], runs: list[dict[str, Any]], outcomes: list[Outcome]) -> pd.DataFrame:
    import pandas as pd

    columns: dict[str, Any] = {name: grid_column([run[name] for run in runs]) for name in over}
    columns["seed"] = [run["seed"] for run in runs]
    for name in dict.fromkeys(name for outcome in outcomes for name in outcome.results):
        columns[name] = [outcome.results.get(name, float("nan")) for outcome in outcomes]
    columns["seconds"] = [outcome.seconds for outcome in outcomes]
    columns["error"] = pd.Series([outcome.error for outcome in outcomes], dtype=object)
    return pd.DataFrame(columns)


def _check_names(over: Mapping[str, Sequence], outcome: Outcome) -> None:
    if taken := sorted({*over, *_OWN_COLUMNS} & outcome.results.keys()):
        raise ValueError(f"the experiment's results must have names of their own, received {', '.join(taken)}")


def _seeds(seeds: int | Iterable[int]) -> list[int]:
    if not isinstance(seeds, Iterable):
        check_whole("seeds", seeds, least=1)
        return list(range(base_seed(), base_seed() + int(seeds)))
    listed = list(seeds)
    for seed in listed:
        check_whole("every seed", seed, least=0)
    if not listed or len(set(listed)) < len(listed):
        raise ValueError(f"seeds must be different, at least one, received {listed}")
    return [int(seed) for seed in listed]


def _grid(over: Mapping[str, Sequence[Any]] | None) -> dict[str, list[Any]]:
    if not isinstance(over or {}, Mapping):
        raise ValueError(f"over must be a dict of values by name of argument, received {type(over).__name__}")
    grid = {}
    for name, values in (over or {}).items():
        if name in _OWN_COLUMNS:
            raise ValueError(f"over must not name {name!r}: a column of that name holds something else")
        if isinstance(values, str | bytes) or not isinstance(values, Iterable):
            raise ValueError(f"over[{name!r}] must be a list of values, received {values!r}")
        grid[name] = list(values)
        for value in grid[name]:
            try:
                hash(value)
            except TypeError:
                raise ValueError(
                    f"over[{name!r}] must hold hashable values (a tuple in place of a list), received {value!r}"
                ) from None
        if not grid[name] or len(set(grid[name])) < len(grid[name]):
            raise ValueError(f"over[{name!r}] must hold different values, at least one, received {grid[name]}")
    return grid


def _check_call(experiment: Callable, run: Mapping[str, Any]) -> None:
    if not callable(experiment):
        raise ValueError(f"experiment must be a function, received {type(experiment).__name__}")
    try:
        inspect.signature(experiment).bind(**run)
    except TypeError as error:
        raise ValueError(
            f"experiment must take the keyword arguments {', '.join(run)} and no other without a default: {error}"
        ) from None


def _check_executor(executor: Executor | None) -> None:
    if executor is None:
        return
    if not isinstance(executor, Executor):
        hint = "; pass client.get_executor()" if hasattr(executor, "get_executor") else ""
        raise ValueError(f"executor must be a concurrent.futures.Executor, received {type(executor).__name__}{hint}")
    context = getattr(executor, "_mp_context", None)
    if isinstance(executor, ProcessPoolExecutor) and context is not None and context.get_start_method() == "fork":
        raise ValueError(
            "executor must spawn its processes, since a forked TensorFlow hangs: "
            'ProcessPoolExecutor(..., mp_context=multiprocessing.get_context("spawn")), received one that forks'
        )
