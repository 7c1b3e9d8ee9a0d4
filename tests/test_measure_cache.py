"""Finished runs on disk."""

import json
import os
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest

from rnncourse.measure import _cache, repeat


@pytest.fixture(autouse=True)
def nobody_builds(monkeypatch):
    for name in ("CI", "RNNCOURSE_QUIET", "RNNCOURSE_SEED"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def calls(tmp_path):
    """The experiment of a notebook; ``calls()`` says how often it has been run."""
    log = tmp_path / "calls"
    log.write_text("")

    def define(body="return 10 * steps + seed"):
        space = {"LOG": str(log), "__name__": "__main__"}
        exec(f"def study(*, steps, seed):\n    open(LOG, 'a').write('x')\n    {body}\n", space)
        return space["study"]

    define.count = lambda: len(log.read_text())
    return define


GRID = {"steps": [1, 2]}


def test_a_second_call_runs_nothing_and_gives_the_same_table(calls, tmp_path):
    first = repeat(calls(), 3, over=GRID, cache=tmp_path / "cache")
    second = repeat(calls(), 3, over=GRID, cache=str(tmp_path / "cache"))
    assert calls.count() == 6
    pd.testing.assert_frame_equal(first, second)


def test_only_what_is_new_is_run(calls, tmp_path):
    repeat(calls(), 3, over=GRID, cache=tmp_path)
    table = repeat(calls(), [1, 2, 5], over={"steps": [2, 4]}, cache=tmp_path)
    assert calls.count() == 6 + 4
    assert table["result"].tolist() == [21, 22, 25, 41, 42, 45]


def test_another_experiment_other_versions_are_run_again(calls, tmp_path, monkeypatch):
    repeat(calls(), 1, over=GRID, cache=tmp_path)
    assert repeat(calls("return steps"), 1, over=GRID, cache=tmp_path)["result"].tolist() == [1, 2]
    assert calls.count() == 4
    monkeypatch.setattr(_cache, "versions", lambda: {"python": "0"})
    repeat(calls(), 1, over=GRID, cache=tmp_path)
    assert calls.count() == 6


def test_an_interrupted_call_goes_on_where_it_ended(calls, tmp_path):
    body = "if seed == 2 and not os.path.exists(GO): raise KeyboardInterrupt\n    return seed"
    body = f"import os; GO = {str(tmp_path / 'go')!r}\n    {body}"
    with pytest.warns(RuntimeWarning, match="3 of 4 runs failed|2 of 4 runs failed"):
        repeat(calls(body), 4, over={"steps": [1]}, cache=tmp_path / "cache")
    assert calls.count() == 3
    (tmp_path / "go").touch()
    table = repeat(calls(body), 4, over={"steps": [1]}, cache=tmp_path / "cache")
    assert calls.count() == 3 + 2
    assert table["result"].tolist() == [0, 1, 2, 3] and table["error"].isna().all()


def test_failed_runs_are_tried_again(calls, tmp_path):
    body = "return 1 / (seed - 1)"
    for count in (3, 4):
        with pytest.warns(RuntimeWarning, match="1 of 3 runs failed: seed 1"):
            repeat(calls(body), 3, over={"steps": [1]}, cache=tmp_path / "cache")
        assert calls.count() == count


@pytest.mark.parametrize("name", ["CI", "RNNCOURSE_QUIET"])
def test_ci_and_builds_measure_anew(calls, tmp_path, monkeypatch, name):
    repeat(calls(), 1, over=GRID, cache=tmp_path / "cache")
    monkeypatch.setenv(name, "1")
    repeat(calls(), 1, over=GRID, cache=tmp_path / "cache")
    repeat(calls(), 1, over=GRID, cache=tmp_path / "other")
    assert calls.count() == 6 and not (tmp_path / "other").exists()


def test_runs_of_an_executor_are_kept(calls, tmp_path):
    with ThreadPoolExecutor(2) as pool:
        repeat(calls(), 3, over=GRID, executor=pool, cache=tmp_path / "cache")
    repeat(calls(), 3, over=GRID, cache=tmp_path / "cache")
    assert calls.count() == 6


def test_a_file_is_complete_or_absent_and_says_what_it_holds(calls, tmp_path, monkeypatch):
    cache = tmp_path / "cache"
    repeat(calls(), 1, over={"steps": [7]}, cache=cache)
    (file,) = cache.iterdir()
    kept = json.loads(file.read_text())
    assert file.name.startswith("study-") and file.suffix == ".json"
    assert kept["experiment"] == "study" and kept["arguments"] == {"steps": "7", "seed": "0"}
    assert kept["results"] == {"result": 70} and set(kept["versions"]) >= {"python", "keras"}

    def full(*_):
        raise OSError("no space left")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="no space left"):
        repeat(calls(), 1, over={"steps": [8]}, cache=cache)
    assert list(cache.iterdir()) == [file]


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"results": {"result": 1}}'])
def test_a_damaged_file_is_made_again(calls, tmp_path, damage):
    repeat(calls(), 1, over={"steps": [7]}, cache=tmp_path / "cache")
    (file,) = (tmp_path / "cache").iterdir()
    file.write_text(damage)
    assert repeat(calls(), 1, over={"steps": [7]}, cache=tmp_path / "cache")["result"].tolist() == [70]
    assert calls.count() == 2 and json.loads(file.read_text())["results"] == {"result": 70}


def test_a_diverged_run_is_kept_as_it_is(calls, tmp_path):
    for _ in range(2):
        table = repeat(calls("return float('nan')"), 1, over={"steps": [7]}, cache=tmp_path / "cache")
        assert table["result"].isna().all() and table["error"].isna().all()
    assert calls.count() == 1


def test_refuses_a_file_and_what_it_cannot_tell(calls, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match=r"cache must be a folder, received a file: .*file"):
        repeat(calls(), 1, over=GRID, cache=tmp_path / "file")
    thing = object()
    with pytest.raises(
        ValueError, match=r"cannot tell what thing, used by <lambda>, holds, an object of builtins\.obj"
    ):
        repeat(lambda seed: thing and seed, 1, cache=tmp_path / "new")
    assert not (tmp_path / "new").exists()
