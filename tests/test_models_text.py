"""Training on a text: the fast network, the streams, the model that comes out, and what a user can get wrong."""

import itertools
import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnncourse.models import TextModel, many_to_many, text_training, train_text
from rnncourse.models.clock import Clock
from rnncourse.models.fast_network import FastNetwork
from rnncourse.models.recipe import Recipe, recipe_for
from rnncourse.models.streams import endless, pieces

TEXT = "the cat sat on the mat. the dog sat on the log. " * 60
RECIPE = Recipe(units=16, embedding_dim=8, streams=8, steps=16, learning_rate=0.004)
SMALL = {"cell": "gru", "units": 16, "embedding_dim": 8}


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(text_training, "recipe_for", lambda *_: RECIPE)


@pytest.fixture(scope="module")
def trained():
    patch = pytest.MonkeyPatch()
    patch.setattr(text_training, "recipe_for", lambda *_: RECIPE)
    yield train_text(TEXT, steps=120, seed=1)
    patch.undo()


@pytest.mark.parametrize("depth", [1, 2])
def test_the_fast_network_has_the_loss_and_the_gradients_of_the_model(depth):
    model = many_to_many(vocab_size=7, outputs=7, mask_zero=False, depth=depth, **SMALL)
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(size=w.shape) * 0.5 for w in model.get_weights()])
    ids = rng.integers(7, size=(3, 9)).astype(np.int32)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    with tf.GradientTape() as tape:
        expected = loss(ids[:, 1:], model(ids[:, :-1]))
    gradients = tape.gradient(expected, model.trainable_variables)
    network = FastNetwork(model)
    with tf.GradientTape() as tape:
        found, states = network.loss(ids[:, :-1], ids[:, 1:], network.zeros(3), training=True)
    assert float(found) == pytest.approx(float(expected), abs=1e-5)
    for mine, theirs in zip(tape.gradient(found, model.trainable_variables), gradients, strict=True):
        np.testing.assert_allclose(mine, tf.convert_to_tensor(theirs), atol=1e-5)
    first, states = network.loss(ids[:, :4], ids[:, 1:5], network.zeros(3), training=False)
    second, _ = network.loss(ids[:, 4:-1], ids[:, 5:], states, training=False)
    assert float(first + second) / 2 == pytest.approx(float(expected), abs=1e-5)


def test_dropping_changes_the_training_alone():
    model = many_to_many(vocab_size=7, outputs=7, mask_zero=False, **SMALL)
    ids = np.random.default_rng(0).integers(7, size=(3, 9)).astype(np.int32)
    plain = FastNetwork(model)
    for options in ({"dropped_weights": 0.5}, {"dropped_outputs": 0.5}):
        network = FastNetwork(model, **options)

        def loss(network, training):
            return float(network.loss(ids[:, :-1], ids[:, 1:], network.zeros(3), training=training)[0])

        assert loss(network, False) == loss(plain, True) != loss(network, True)


def test_pieces_go_on_in_their_rows():
    ids = np.arange(103)
    found = list(pieces(ids, rows=4, steps=5, start=2))
    assert [piece.fresh for piece in found] == [True, False, False, False]
    assert all(piece.x.shape == piece.y.shape == (4, 5) and (piece.y == piece.x + 1).all() for piece in found)
    for before, after in itertools.pairwise(found):
        np.testing.assert_array_equal(after.x[:, 0], before.y[:, -1])
    assert found[0].x[0, 0] == 2


def test_endless_begins_each_pass_elsewhere():
    walk = endless(np.arange(103), rows=4, steps=5, rng=np.random.default_rng(0))
    starts = [piece.x[0, 0] for piece in (next(walk) for _ in range(60)) if piece.fresh]
    assert len(starts) > 10 and set(starts) == {0, 1, 2, 3, 4}


def test_it_learns_and_says_how(trained):
    history = trained.history
    assert set(history) == {"seconds", "updates", "characters", "training", "validation"}
    assert history["updates"][-1] == 120 and history["characters"][-1] == 120 * 8 * 16
    assert history["validation"][-1] < 1.8 < history["validation"][0]
    assert trained.vocabulary == "".join(sorted(set(TEXT)))
    assert trained.loss(TEXT[-200:]) < 1.8


def test_the_loss_is_that_of_the_whole_text_from_a_zero_state(trained):
    text = (TEXT * 2)[:2500]
    ids = trained.encode(text)
    log_p = np.array(keras.ops.log_softmax(trained.model(ids[np.newaxis, :-1])))[0]
    expected = -log_p[np.arange(len(ids) - 1), ids[1:]].mean()
    assert trained.loss(text) == pytest.approx(expected, abs=1e-4)
    assert trained.loss(text) == trained.loss(text)
    assert trained.loss("th") == pytest.approx(-log_p[0, ids[1]], abs=1e-4)


def test_the_same_steps_and_seed_give_the_same_model(trained):
    again = train_text(TEXT, steps=120, seed=1)
    for mine, theirs in zip(again.model.get_weights(), trained.model.get_weights(), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-6)
    assert again.history["validation"] == pytest.approx(trained.history["validation"])


def test_it_writes(trained):
    assert trained.write("the ", 30, temperature=0) == trained.write("the ", 30, temperature=0)
    written = trained.write("the ", 200, seed=3)
    assert len(written) == 200 and set(written) <= set(trained.vocabulary)
    assert trained.write("the ", 200, seed=4) != written
    assert trained.write("t", 0) == ""


def test_it_is_saved_and_loaded(trained, tmp_path):
    path = trained.save(tmp_path / "model.npz")
    loaded = TextModel.load(path)
    assert loaded.vocabulary == trained.vocabulary and loaded.history == trained.history
    assert loaded.loss(TEXT[:300]) == trained.loss(TEXT[:300])
    assert loaded.write("the ", 40, temperature=0) == trained.write("the ", 40, temperature=0)
    assert [file.name for file in tmp_path.iterdir()] == ["model.npz"]


def test_nothing_is_overwritten_unless_asked_for(trained, tmp_path):
    path = tmp_path / "model.npz"
    path.write_text("mine")
    with pytest.raises(FileExistsError, match="path must be free"):
        trained.save(path)
    assert path.read_text() == "mine"
    trained.save(path, overwrite=True)
    TextModel.load(path)
    with pytest.raises(FileNotFoundError, match="folder that is there"):
        trained.save(tmp_path / "nowhere" / "model.npz")
    with pytest.raises(FileExistsError):
        trained.save(tmp_path, overwrite=True)


def test_other_files_are_not_loaded(tmp_path):
    with pytest.raises(FileNotFoundError):
        TextModel.load(tmp_path / "nothing")
    (tmp_path / "text").write_text("no model")
    np.savez(tmp_path / "arrays.npz", np.zeros(3))
    for name in ("text", "arrays.npz"):
        with pytest.raises(ValueError, match=r"path must be a file that TextModel\.save wrote"):
            TextModel.load(tmp_path / name)


def test_an_interrupt_keeps_what_has_been_learned(monkeypatch):
    done = Clock.done

    def interrupted(clock):
        if clock.updates == 89:
            raise KeyboardInterrupt
        return done(clock)

    monkeypatch.setattr(Clock, "done", interrupted)
    found = train_text(TEXT, steps=1000, seed=1)
    assert found.history["updates"] == [89]
    assert found.loss(TEXT[-200:]) < 2.5


def test_more_is_dropped_the_more_often_a_text_is_read():
    three = recipe_for(1_000_000, 3.0)
    assert three.units == 384 and 0.3 < three.dropped_outputs < 0.35 and 0.1 < three.dropped_weights < 0.12
    assert recipe_for(100_000, 3.0).dropped_weights == recipe_for(100_000, 3.0).dropped_outputs == 0.5
    assert recipe_for(100_000_000, 3.0).dropped_outputs < 0.01
    assert recipe_for(1_000_000, 0.5).units == 256
    assert recipe_for(1_000_000, 0.5, steps=10_000) == recipe_for(1_000_000, 60.0, steps=10_000)
    assert recipe_for(1_000_000, 3.0, steps=100).units == 256


def test_minutes_are_kept():
    found = train_text(TEXT, minutes=0.1)
    assert 4 < found.history["seconds"][-1] < 9
    assert found.history["validation"][-1] < math.log(len(found.vocabulary))


def test_a_short_text_is_enough():
    found = train_text(TEXT[:1000], steps=3)
    assert math.isfinite(found.history["validation"][-1])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: train_text("too short"), "text must be a str of at least 1,000 characters, received 9 characters"),
        (lambda m: train_text(b"x" * 2000), "text must be a str of at least 1,000 characters, received bytes"),
        (lambda m: train_text(TEXT, minutes=0), "minutes must be a number above 0, received 0"),
        (lambda m: train_text(TEXT, minutes=math.inf), "minutes must be a number above 0, received inf"),
        (lambda m: train_text(TEXT, steps=0), "steps must be a whole number from 1 up, received 0"),
        (lambda m: train_text(TEXT, seed=-1), "seed must be a whole number from 0 up, received -1"),
        (lambda m: m.loss("t"), "text must have at least 2 characters, received 1"),
        (lambda m: m.loss("the €"), "text must hold characters of the model's vocabulary, received '€' at place 4"),
        (lambda m: m.write("", 5), "prompt must hold at least one id"),
        (lambda m: m.write("the", -1), "length must be a whole number from 0 up, received -1"),
    ],
)
def test_refuses(trained, call, message):
    with pytest.raises(ValueError, match=message):
        call(trained)
