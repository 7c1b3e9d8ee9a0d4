"""Experiments whose tables are kept: their definitions, their files, and measuring a cell again."""

import json
import re

import numpy as np
import pandas as pd
import pytest
import run_experiments

from rnncourse import measure
from rnncourse._runtime import course_folder
from rnncourse.measure import experiments
from rnncourse.measure.experiments import EXPERIMENTS, Experiment, kept, lags

FOLDER = course_folder("data") / "results"


def noisy(seeds, *, steps, start):
    return {"error": np.array([steps + np.random.default_rng(seed).normal() for seed in seeds])}


TOY = Experiment(
    name="toy",
    question="What is it good for?",
    over={"steps": (10, 1000), "start": ("a", "b")},
    seeds=tuple(range(6)),
    run=noisy,
)


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """The toy among the experiments, its table kept in a folder of its own."""
    monkeypatch.delenv("RNNCOURSE_SEED", raising=False)
    monkeypatch.setattr(kept, "course_folder", lambda name: {"data": tmp_path}[name])
    monkeypatch.setitem(EXPERIMENTS, "toy", TOY)
    table = pd.concat([TOY.measure(cell) for cell in TOY.cells()], ignore_index=True)
    return experiments.write(TOY, table, tmp_path / "results")


def test_cells_are_all_combinations_and_a_cell_has_a_row_a_seed():
    assert TOY.cells() == [{"steps": steps, "start": start} for steps in (10, 1000) for start in "ab"]
    part = TOY.measure({"steps": 10, "start": "b"}, [3, 8])
    assert part[["steps", "start", "seed"]].to_numpy().tolist() == [[10, "b", 3], [10, "b", 8]]
    assert part["error"].tolist() == noisy([3, 8], steps=10, start="b")["error"].tolist()
    assert TOY.measure({"steps": 10, "start": "b"})["seed"].tolist() == list(range(6))


def test_a_table_is_kept_with_its_conditions_and_read_again(toy):
    table = measure.results("toy")
    assert table.columns.tolist() == ["steps", "start", "seed", "error"] and len(table) == 24
    np.testing.assert_allclose(table["error"][:6], noisy(range(6), steps=10, start="a")["error"], rtol=1e-4)
    assert table.attrs["question"] == TOY.question and table.attrs["seeds"] == list(range(6))
    assert table.attrs["over"] == {"steps": [10, 1000], "start": ["a", "b"]}
    assert set(table.attrs["versions"]) == {"python", "numpy", "keras", "tensorflow", "rnncourse"}
    assert re.fullmatch(r"\d+ cores, \S+, \S+", table.attrs["machine"])


def test_writing_again_gives_the_same_files(toy, tmp_path):
    again = experiments.write(TOY, measure.results("toy"), tmp_path / "again")
    assert again.read_bytes() == toy.read_bytes()
    assert again.with_suffix(".json").read_bytes() == toy.with_suffix(".json").read_bytes()


def test_a_spot_check_measures_one_cell_with_a_seed_of_its_own(toy, monkeypatch):
    cells = set()
    for base in range(12):
        monkeypatch.setenv("RNNCOURSE_SEED", str(base))
        check = measure.spot_check("toy", "error")
        assert check.seed == 1000 + base and check.agrees
        assert check.value == noisy([1000 + base], **check.cell)["error"][0]
        values = noisy(range(6), **check.cell)["error"]
        np.testing.assert_allclose(check.kept, values, rtol=1e-4)
        assert (check.low, check.high) == pytest.approx(measure.prediction_interval(values), rel=1e-3)
        cells.add(tuple(check.cell.values()))
    assert len(cells) == 4


def test_a_result_that_has_changed_does_not_agree(toy, monkeypatch):
    changed = Experiment(**{**vars(TOY), "run": lambda seeds, **cell: {"error": noisy(seeds, **cell)["error"] + 30}})
    monkeypatch.setitem(EXPERIMENTS, "toy", changed)
    assert not measure.spot_check("toy", "error").agrees
    diverged = Experiment(**{**vars(TOY), "run": lambda seeds, **cell: {"error": np.full(len(seeds), np.nan)}})
    monkeypatch.setitem(EXPERIMENTS, "toy", diverged)
    assert not measure.spot_check("toy", "error").agrees


def test_logarithms_keep_the_interval_positive(toy):
    check = measure.spot_check("toy", "error", where={"steps": [10], "start": "b"}, log=True, level=0.9)
    assert check.cell == {"steps": 10, "start": "b"}
    low, high = measure.prediction_interval(np.log(check.kept), 0.9)
    assert (check.low, check.high) == pytest.approx((np.exp(low), np.exp(high)))
    assert str(check) == (
        f"error {check.value:.2g} at steps 10, start b, seed 1000; 90 % prediction interval {check.low:.2g} … "
        f"{check.high:.2g} from 6 seeds"
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: measure.results("toys"), "name must be one of adding_by_lag, .*, toy, received 'toys'"),
        (lambda: measure.spot_check("toys", "error"), "name must be one of"),
        (lambda: measure.spot_check("toy", "mse"), "column must name a result of toy, received 'mse'"),
        (lambda: measure.spot_check("toy", "seed"), "column must name a result of toy, received 'seed'"),
        (lambda: measure.spot_check("toy", "error", where={"lag": [1]}), r"\(steps, start\), received \['lag'\]"),
        (lambda: measure.spot_check("toy", "error", where={"steps": [7]}), "where must leave a cell to draw"),
    ],
)
def test_refuses(toy, call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_refuses_the_logarithm_of_what_is_not_positive(toy):
    text = toy.read_text().splitlines()
    toy.write_text("\n".join([text[0], *(re.sub(r"[^,]+$", "-1", line) for line in text[1:])]))
    with pytest.raises(ValueError, match="log must be False where a value is not positive, received"):
        measure.spot_check("toy", "error", log=True)


def test_a_table_that_is_missing_says_how_to_get_it(toy):
    toy.unlink()
    with pytest.raises(FileNotFoundError, match="the table toy has not been measured yet: run make experiments"):
        measure.results("toy")


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_kept_table_is_that_of_the_definition(name):
    experiment, table = EXPERIMENTS[name], measure.results(name)
    expected = [(*cell.values(), seed) for cell in experiment.cells() for seed in experiment.seeds]
    assert list(table[[*experiment.over, "seed"]].itertuples(index=False, name=None)) == expected
    assert table.attrs["question"] == experiment.question
    assert table.attrs["over"] == {key: list(values) for key, values in experiment.over.items()}
    assert np.isfinite(table.select_dtypes("number").to_numpy()).all()
    assert len(experiment.seeds) >= 5 and max(experiment.seeds) < 1000


def test_every_file_belongs_to_an_experiment_and_tells_nothing_of_the_machine():
    files = {path.name for path in FOLDER.iterdir()} - {"README.md"}
    assert files == {f"{name}.{ending}" for name in EXPERIMENTS for ending in ("csv", "json")}
    for path in FOLDER.iterdir():
        text = path.read_text("utf-8")
        assert not re.search(r"/(home|root|tmp|work)\b|[A-Z]:\\", text) and len(text) < 50_000
        if path.suffix == ".json":
            assert set(json.loads(text)) == {"question", "over", "seeds", "versions", "machine"}


def test_the_command_measures_what_it_is_asked_for(toy, tmp_path, capsys):
    run_experiments.main(["toy", "--to", str(tmp_path / "anew")])
    for ending in (".csv", ".json"):
        assert (tmp_path / "anew" / f"toy{ending}").read_bytes() == toy.with_suffix(ending).read_bytes()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "toy" and lines[1].startswith("  steps 10, start a: median error ") and len(lines) == 6
    with pytest.raises(SystemExit):
        run_experiments.main(["toys"])
    assert "there is no experiment toys; there are adding_by_lag, recall" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("run", "cell", "columns"),
    [
        (lags.adding_by_lag, {"steps": 4}, {"mse"}),
        (lags.recall_at_lag_80, {"filler": "blank"}, {"accuracy", "cross_entropy"}),
    ],
)
def test_the_measuring_functions_train_one_net_a_seed(monkeypatch, run, cell, columns):
    monkeypatch.setattr(lags, "ADDING_UPDATES", 2)
    monkeypatch.setattr(lags, "RECALL_UPDATES", 2)
    monkeypatch.setattr(lags, "BATCH", 8)
    found = run([0, 1], **cell, start="identity ReLU", learning_rate=1e-3)
    assert found.keys() == columns
    for values in found.values():
        assert values.shape == (2,) and np.isfinite(values).all()
    assert found[next(iter(columns - {"accuracy"}))][0] != found[next(iter(columns - {"accuracy"}))][1]
