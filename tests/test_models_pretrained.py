"""The kept weights: they load, they predict Python, and they say what they are."""

import json

import keras
import numpy as np
import pytest

from rnncourse import models
from rnncourse._runtime import course_folder
from rnncourse.datasets import python_source
from rnncourse.measure.experiments import text

SCORED = 40_960


def test_the_kept_model_predicts_modules_that_it_has_not_seen():
    x, y = python_source(characters=text.CHARACTERS).test
    model = models.pretrained("python_gru", stateful=True, batch_size=text.STREAMS)
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    kept = json.loads((course_folder("data") / "models" / "python_gru.json").read_text(encoding="utf-8"))
    assert text.loss_on(model, x[:SCORED], y[:SCORED]) == pytest.approx(kept["nats"], abs=0.15)
    assert kept["nats"] < 1.355 - 0.05  # the best table of counts, from all of the text


def test_stateful_or_not_it_is_the_same_model():
    x = python_source(characters=100_000).test[0][:300].reshape(3, 100)
    whole = models.pretrained("python_gru")(x)
    stateful = models.pretrained("python_gru", stateful=True, batch_size=3)
    parts = [np.array(stateful(piece)) for piece in np.split(x, 4, axis=1)]
    assert np.allclose(np.concatenate(parts, axis=1), whole, atol=1e-4)


def test_it_writes():
    prompt = [python_source(characters=10_000).vocabulary.index(character) for character in "import "]
    written = models.sample(models.pretrained("python_gru"), prompt, 50, temperature=0)
    assert written.shape == (50,)
    assert len(set(written)) > 5


def test_an_unknown_name_lists_those_that_there_are():
    with pytest.raises(ValueError, match="name must be one of python_gru, received 'shakespeare'"):
        models.pretrained("shakespeare")
