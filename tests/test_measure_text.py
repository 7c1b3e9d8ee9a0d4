"""The language model of the kept tables: that it is trained and scored as described."""

import keras
import numpy as np
import pytest

from rnncourse.measure.experiments import text
from rnncourse.models import many_to_many


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(text, "CHARACTERS", 60_000)
    monkeypatch.setattr(text, "SCORED", 4_096)
    monkeypatch.setattr(text, "NET", {**text.NET, "units": 16})


def test_more_updates_predict_better_than_a_uniform_guess_and_than_fewer(small):
    few, more = (text.python_by_updates([0, 1], updates=updates) for updates in (2, 25))
    assert set(more) == {"nats", "seconds"} and more["nats"].shape == (2,)
    assert (more["nats"] < few["nats"]).all() and (more["nats"] < np.log(98)).all()
    assert (more["seconds"] > 0).all()
    np.testing.assert_allclose(text.python_by_updates([0], updates=2)["nats"], few["nats"][0], rtol=1e-4)


def test_the_loss_is_that_of_each_whole_stream_read_from_a_zero_state(small):
    model, _ = text.train_writer(0, updates=3)
    ids = np.random.default_rng(0).integers(98, size=2 * text.STREAMS * text.STEPS + 1)
    x, y = (part.reshape(text.STREAMS, -1) for part in (ids[:-1], ids[1:]))
    whole = many_to_many(**text.NET)
    whole.set_weights(model.get_weights())
    log_p = np.array(keras.ops.log_softmax(whole(x)))  # (STREAMS, 2 * STEPS, 98)
    expected = -np.take_along_axis(log_p, y[..., np.newaxis], axis=-1).mean()
    for _ in range(2):  # the state that is left over does not count
        assert text.loss_on(model, ids[:-1], ids[1:]) == pytest.approx(expected, abs=1e-4)
