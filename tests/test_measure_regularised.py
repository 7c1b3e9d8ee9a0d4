"""The experiments on listeners: what is trained on what, and that a variant differs in what it says."""

import keras
import numpy as np
import pytest

from rnncourse.measure.experiments import pretraining, regularised
from rnncourse.measure.experiments.watched import watched


@pytest.fixture
def short(monkeypatch):
    """Few updates; returns what ``watched`` was called with, call by call."""
    monkeypatch.setattr(regularised, "ROUNDS", 2)
    monkeypatch.setattr(pretraining, "ROUNDS", 2)
    monkeypatch.setattr(regularised, "WARM_UP", 1)
    monkeypatch.setattr(regularised, "EVERY", 1)
    monkeypatch.setattr(regularised, "BATCH", 10)
    monkeypatch.setattr(pretraining, "UPDATES", 1)
    calls = []

    def spy(models, x, y, **options):
        calls.append({"models": models, "first": [model.get_weights() for model in models], **options})
        return watched(models, x, y, **options)

    monkeypatch.setattr(regularised, "watched", spy)
    return calls


def test_words_are_standardised_frames_of_different_voices():
    words = regularised.late_words()
    assert {name: x.shape for name, (x, _) in words.items()} == {
        "train": (600, 31, 24),
        "validation": (180, 31, 24),
        "test": (180, 31, 24),
    }
    x, y = words["train"]
    assert x.dtype == np.float32 and set(y) == set(range(10))
    np.testing.assert_allclose(x.mean(axis=(0, 1)), 0, atol=1e-4)
    np.testing.assert_allclose(x.std(axis=(0, 1)), 1, atol=1e-4)


def test_every_class_has_as_many_labels():
    y = regularised.late_words()["train"][1]
    places = regularised.labelled(3, 50)
    assert np.bincount(y[places]).tolist() == [5] * 10 and len(set(places)) == 50
    assert set(places) < set(regularised.labelled(3, 100))  # more labels hold the fewer
    assert set(places) != set(regularised.labelled(4, 50))


def test_the_schedule_rises_and_falls():
    factors = regularised.warm_up_and_cosine(20, 4)
    assert factors.shape == (20,) and factors.argmax() == 4 and factors.max() == 1
    assert (np.diff(factors[:5]) > 0).all() and (np.diff(factors[4:]) < 0).all() and 0 < factors[-1] < 0.02


def small_net(seed):
    keras.utils.set_random_seed(seed)
    return keras.Sequential([keras.Input((3, 2)), keras.layers.Flatten(), keras.layers.Dense(4)])


def test_watched_makes_the_updates_of_fit():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 3, 2)).astype("float32"), rng.integers(4, size=40)
    chosen = [np.arange(20), np.arange(10, 30)]
    nets = [small_net(0), small_net(1)]
    rates = np.array([[0.1, 0.02], [0.05, 0.01]])
    scores = watched(nets, x, y, chosen=chosen, seeds=[5, 6], held_out=x, rates=rates, every=2, batch_size=10)
    assert scores.shape == (2, 2, 40, 4)
    for row, seed in enumerate((5, 6)):
        by_fit, order = small_net(row), np.random.default_rng(seed)
        by_fit.compile(
            keras.optimizers.Adam(global_clipnorm=1.0), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        )
        for number, rate in enumerate(rates[row]):  # two batches of ten: once through its twenty examples
            by_fit.optimizer.learning_rate.assign(rate)
            for places in order.permutation(chosen[row]).reshape(2, 10):
                by_fit.train_on_batch(x[places], y[places])
            np.testing.assert_allclose(scores[row, number], np.array(by_fit(x)), atol=1e-4)
        np.testing.assert_allclose(np.array(nets[row](x)), scores[row, -1], atol=1e-4)


def test_fresh_masks_differ_from_step_to_step():
    held = keras.layers.GRUCell(6, recurrent_dropout=0.5, seed=1)
    fresh = regularised._fresh_cell()(6, recurrent_dropout=0.5, seed=1)
    h, x = [np.ones((1, 6), "float32")], np.zeros((1, 2), "float32")
    for cell, changes in ((held, False), (fresh, True)):
        cell(x, h)
        outputs = [np.array(cell(x, h, training=True)[0]) for _ in range(4)]
        assert any((output != outputs[0]).any() for output in outputs) is changes


@pytest.mark.slow
@pytest.mark.parametrize("variant", ["plain", "layer norm", "both and schedule", "twice the labels"])
def test_a_variant_differs_in_what_it_says(short, variant):
    found = regularised.regularised([0, 1], variant=variant)
    assert [*found] == [
        "accuracy",
        "cross_entropy",
        "stopped_accuracy",
        "stopped_cross_entropy",
        "gain_validation",
        "gain_test",
        "round",
    ]
    assert all(values.shape == (2,) and np.isfinite(values).all() for values in found.values())
    assert (found["gain_validation"] >= 0).all() and set(found["round"]) <= {1, 2}
    (call,) = short
    assert [len(places) for places in call["chosen"]] == [200 if variant == "twice the labels" else 100] * 2
    assert (call["rates"] == regularised.LEARNING_RATE).all() == ("schedule" not in variant)
    assert any("norm" in type(layer.cell).__name__.lower() for layer in _recurrent(call)) == (variant == "layer norm")
    rate = 0.3 if variant.startswith("both") else 0.0
    assert all(layer.cell.recurrent_dropout == rate for layer in _recurrent(call) if variant != "layer norm")
    drops = [layer.rate for layer in call["models"][0].layers if isinstance(layer, keras.layers.Dropout)]
    assert drops == [rate, rate]


@pytest.mark.slow
def test_trials_draw_their_rates_and_repeats_do_not(short):
    tried = regularised.tried([0, 1], units=8, dropout=0.3)
    again = regularised.repeated([0, 1], learning_rate=0.01)
    assert [*tried] == [*again] == ["learning_rate", "validation", "test"]
    assert len(set(tried["learning_rate"])) == 2 and (again["learning_rate"] == 0.01).all()
    assert ((tried["learning_rate"] >= 1e-3) & (tried["learning_rate"] <= 0.03)).all()
    assert all((call["chosen"][0] == call["chosen"][1]).all() for call in short)  # the same examples


def test_the_autoencoder_knows_only_its_last_state_and_the_frames_before():
    keras.utils.set_random_seed(0)
    model = pretraining.autoencoder(5)
    x = np.random.default_rng(0).normal(size=(1, 31, 24)).astype("float32")
    read, decode = model.get_layer("pretrained"), model.layers[-1]
    cell, h = read.cell, np.zeros((1, 5), "float32")
    before = [*x[0], np.zeros(24, "float32"), *x[0, :-1]]
    written = []
    for frame in before:
        h = cell(frame[np.newaxis], [h])[0]
        written.append(np.array(decode(h))[0])
    np.testing.assert_allclose(np.array(model(x))[0], written[31:], atol=1e-5)


def test_the_predictor_does_not_see_the_frame_it_predicts():
    model = pretraining.predictor(5)
    x = np.random.default_rng(0).normal(size=(1, 31, 24)).astype("float32")
    changed = x.copy()
    changed[:, 20] += 1
    moved = np.abs(np.array(model(changed)) - np.array(model(x))).max(axis=-1)[0]  # (30,), the first predicts frame 1
    assert moved.shape == (30,) and (moved[:20] == 0).all() and moved[20] > 0


@pytest.mark.slow
@pytest.mark.parametrize("start", pretraining.STARTS)
def test_pretrained_nets_begin_with_the_weights_of_the_pretraining(short, monkeypatch, start):
    weights = []
    make = pretraining._weights
    monkeypatch.setattr(pretraining, "_weights", lambda *given: weights.extend(make(*given)) or weights)
    monkeypatch.setattr(pretraining, "LABELS", (20, 50))
    found = pretraining.pretrained([0, 1], start=start)
    assert [*found] == ["labels_20", "labels_50"] and all(values.shape == (2,) for values in found.values())
    (call,) = short
    assert [len(places) for places in call["chosen"]] == [20, 20, 50, 50] and call["seeds"] == [0, 1, 0, 1]
    assert bool(weights) == (start != "scratch")
    for place, given in enumerate(weights * 2):
        for mine, begun in zip(given, call["first"][place], strict=False):
            np.testing.assert_array_equal(mine, begun)


def _recurrent(call):
    return [layer for model in call["models"] for layer in model.layers if isinstance(layer, keras.layers.RNN)]
