"""Claims and baselines."""

import numpy as np
import pytest

from rnncourse.measure import ClaimError, baselines, claim
from rnncourse.measure.claims import CLAIM_LINE


def test_claim_that_holds_is_printed(capsys):
    claim("GRU solves it", np.float32(0.004) < 0.01, "MSE 0.0040, baseline 0.167")
    line = capsys.readouterr().out
    assert line == "✔ GRU solves it — measured: MSE 0.0040, baseline 0.167\n"
    assert CLAIM_LINE.match(line).groupdict() == {
        "statement": "GRU solves it",
        "measured": "MSE 0.0040, baseline 0.167",
    }


def test_claim_that_fails_raises_and_prints_nothing(capsys):
    with pytest.raises(ClaimError, match=r"✘ GRU solves it — measured: MSE 0\.2"):
        claim("GRU solves it", False, "MSE 0.2")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("", True, "1"), "statement must be one line of text, received ''"),
        (("a\nb", True, "1"), "statement must be one line"),
        (("a", True, ""), "measured must be one line"),
        (("a", True, "very good"), "must contain the number that was measured, received 'very good'"),
        (("a", np.array([True, False]), "1"), r"one truth value, received bool of shape \(2,\)"),
        (("a", 1.0, "1"), r"one truth value, received float64 of shape \(\)"),
        (("a", None, "1"), "one truth value, received object"),
    ],
)
def test_claim_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        claim(*arguments)


def test_claim_takes_one_keras_value(capsys):
    keras = pytest.importorskip("keras")
    claim("one is below two", keras.ops.convert_to_tensor(1.0) < 2.0, "1 < 2")
    assert capsys.readouterr().out.startswith("✔")


@pytest.fixture
def windows():
    """Two windows of a record that grows by 1 a step, of period 4, one feature."""
    return np.array([[0, 1, 2, 3, 4, 5], [10, 11, 12, 13, 14, 15]], dtype=float)[..., np.newaxis]


def test_naive_is_the_last_value(windows):
    np.testing.assert_array_equal(baselines.naive(windows), [[5], [15]])


@pytest.mark.parametrize(("horizon", "expected"), [(1, 2), (2, 3), (4, 5), (5, 2)])
def test_seasonal_naive_is_the_latest_value_of_the_same_phase(windows, horizon, expected):
    np.testing.assert_array_equal(
        baselines.seasonal_naive(windows, period=4, horizon=horizon), [[expected], [expected + 10]]
    )


def test_drift_is_exact_on_a_straight_line(windows):
    np.testing.assert_allclose(baselines.drift(windows, horizon=3), [[8], [18]])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: baselines.naive(x[0]), r"x must have shape \(n, steps, features\).*received shape \(6, 1\)"),
        (lambda x: baselines.seasonal_naive(x, period=0), "period must be a whole number from 1 up, received 0"),
        (lambda x: baselines.seasonal_naive(x, period=12), "at least 12 steps for period 12 and horizon 1, received 6"),
        (lambda x: baselines.drift(x, horizon=0), "horizon must be a whole number from 1 up, received 0"),
        (lambda x: baselines.drift(x[:, :1]), "at least 2 steps, received 1"),
    ],
)
def test_forecasts_refuse(windows, call, message):
    with pytest.raises(ValueError, match=message):
        call(windows)


def slow_witten_bell(train, context, token, vocab_size):
    """P(token | context) by counting in plain Python, to compare with."""
    if context is None:
        return 1 / vocab_size
    after = [t for *c, t in (train[i : i + len(context) + 1] for i in range(len(train) - len(context))) if c == context]
    lower = slow_witten_bell(train, context[1:] if context else None, token, vocab_size)
    if not after:
        return lower
    return (after.count(token) + len(set(after)) * lower) / (len(after) + len(set(after)))


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_ngram_equals_counting_by_hand(order):
    rng = np.random.default_rng(3)
    train, test = rng.integers(0, 5, 300), rng.integers(0, 6, 40)
    by_hand = [
        -np.log(slow_witten_bell(train.tolist(), test[i - order + 1 : i].tolist(), test[i], 6))
        for i in range(order - 1, 40)
    ]
    assert baselines.ngram(train, test, vocab_size=6, order=order) == pytest.approx(np.mean(by_hand), rel=1e-12)


def test_ngram_probabilities_add_up_to_one():
    train = np.random.default_rng(0).integers(0, 4, 200)
    for context in ([0, 1], [3, 3]):
        total = sum(np.exp(-baselines.ngram(train, np.array([*context, w]), vocab_size=4, order=3)) for w in range(4))
        assert total == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"order": 0}, "order must be a whole number from 1 up, received 0"),
        ({"vocab_size": 2}, "train must hold ids from 0 to 1, received 0 … 2"),
        ({"train": np.zeros((3, 3), int)}, r"train must have shape \(n,\) with n ≥ order = 3, received shape \(3, 3\)"),
        ({"test": np.zeros(2, int)}, r"test must have shape .* received shape \(2,\)"),
        ({"vocab_size": 10**9}, "must lie in 1 … 2"),
    ],
)
def test_ngram_refuses(arguments, message):
    given = {"train": np.array([0, 1, 2, 1]), "test": np.array([0, 1, 2]), "vocab_size": 3, "order": 3} | arguments
    with pytest.raises(ValueError, match=message):
        baselines.ngram(given.pop("train"), given.pop("test"), **given)
