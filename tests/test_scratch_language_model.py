"""A language model: its scores and gradients beside Keras', what it says and what it writes."""

import numpy as np
import pytest

from rnncourse import scratch

CELLS = ["simple", "lstm", "gru"]
LETTERS, WORDS = "abcde", ["I", "love", "deep", "learning", "a"]


def batch(seed=0, sequences=3, steps=6):
    rng = np.random.default_rng(seed)
    ids = rng.integers(len(LETTERS), size=(sequences, steps + 1))
    return ids[:, :-1], ids[:, 1:], rng.random((sequences, steps)) < 0.7


def model_of(cell="simple", *, seed=0, dtype="float64", spread=1.0, vocabulary=LETTERS):
    """A model with random, distinct weights everywhere, biases too."""
    model = scratch.LanguageModel(vocabulary, 4, cell=cell, seed=seed, dtype=dtype)
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        weight[...] = spread * rng.normal(size=weight.shape)
    return model


def state_of(model, sequences=3, seed=1):
    rng = np.random.default_rng(seed)
    parts = [rng.normal(size=(sequences, 4)) for _ in model.cell.state_names]
    return parts if len(parts) > 1 else parts[0]


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_scores_loss_and_gradients_are_kerass(cell, masked):
    tf = pytest.importorskip("tensorflow")
    import keras

    model = model_of(cell)
    inputs, targets, mask = batch()
    layer = {"simple": keras.layers.SimpleRNN, "lstm": keras.layers.LSTM, "gru": keras.layers.GRU}[cell](
        4, return_sequences=True, dtype="float64"
    )
    read_out = keras.layers.Dense(len(LETTERS), dtype="float64")
    symbols, state = tf.one_hot(inputs, len(LETTERS), dtype=tf.float64), state_of(model)
    read_out(layer(symbols))
    layer.set_weights(model.cell.weights)
    read_out.set_weights([model.kernel, model.bias])
    compute = keras.losses.SparseCategoricalCrossentropy(
        from_logits=True, reduction="mean_with_sample_weight", dtype="float64"
    )
    with tf.GradientTape() as tape:
        scores = read_out(layer(symbols, initial_state=state))
        expected = compute(targets, scores, sample_weight=mask.astype(float) if masked else None)
    expected_gradients = tape.gradient(expected, layer.trainable_variables + read_out.trainable_variables)

    np.testing.assert_allclose(model.scores(inputs, state)[0], scores.numpy(), rtol=1e-10, atol=1e-12)
    loss, gradients, _ = model.loss_and_gradients(inputs, targets, state=state, mask=mask if masked else None)
    assert loss == pytest.approx(float(expected), rel=1e-10)
    for gradient, weight, theirs in zip(gradients, model.weights, expected_gradients, strict=True):
        assert gradient.shape == weight.shape
        np.testing.assert_allclose(gradient, tf.convert_to_tensor(theirs).numpy(), rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("cell", CELLS)
def test_gradients_are_those_of_central_differences(cell):
    model = model_of(cell, spread=0.5)
    inputs, targets, mask = batch()
    state = state_of(model)
    _, gradients, _ = model.loss_and_gradients(inputs, targets, state=state, mask=mask)
    rng = np.random.default_rng(2)
    for weight, gradient in zip(model.weights, gradients, strict=True):
        direction, start, losses = rng.normal(size=weight.shape), weight.copy(), []
        for step in (1e-5, -1e-5):
            weight[...] = start + step * direction
            losses.append(model.loss_and_gradients(inputs, targets, state=state, mask=mask)[0])
        weight[...] = start
        np.testing.assert_allclose((gradient * direction).sum(), (losses[0] - losses[1]) / 2e-5, rtol=1e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_chunks_with_a_carried_state_score_as_the_whole(cell):
    model = model_of(cell)
    inputs, _, _ = batch(steps=7)
    whole, whole_run = model.scores(inputs)
    first, run = model.scores(inputs[:, :3])
    second, run = model.scores(inputs[:, 3:], run.final_state)
    np.testing.assert_allclose(np.concatenate([first, second], axis=1), whole, rtol=1e-12)
    np.testing.assert_allclose(run.final_state, whole_run.final_state, rtol=1e-12)


@pytest.mark.parametrize("cell", CELLS)
def test_padding_at_the_end_changes_neither_loss_nor_gradients(cell):
    model = model_of(cell)
    inputs, targets, _ = batch(sequences=1)
    mask = np.arange(9)[np.newaxis] < 6
    loss, gradients, _ = model.loss_and_gradients(inputs, targets)
    padded, padded_gradients, _ = model.loss_and_gradients(
        *(np.pad(ids, [(0, 0), (0, 3)]) for ids in (inputs, targets)), mask=mask
    )
    assert padded == pytest.approx(loss, rel=1e-12)
    for ours, expected in zip(padded_gradients, gradients, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_weights_are_the_arrays_themselves_in_one_dtype(dtype):
    model = scratch.LanguageModel(LETTERS, 4, cell="lstm", dtype=dtype)
    for weight, again in zip(model.weights, model.weights, strict=True):
        assert weight is again and weight.dtype == dtype
    inputs, targets, _ = batch()
    _, gradients, state = model.loss_and_gradients(inputs, targets)
    assert [gradient.dtype for gradient in (*gradients, *state)] == [dtype] * 7
    scratch.Adam(0.1).update(model.weights, gradients)
    assert model.loss_and_gradients(inputs, targets)[0] < np.log(5)


def test_a_seed_gives_its_own_weights():
    first, same, other = (scratch.LanguageModel(LETTERS, 4, seed=seed) for seed in (0, 0, 1))
    for a, b in zip(first.weights, same.weights, strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.allclose(first.kernel, other.kernel)
    square = scratch.LanguageModel(LETTERS, 5)  # both kernels 5 × 5: not the same numbers twice
    assert not np.allclose(square.kernel, square.cell.kernel)


@pytest.mark.parametrize(
    ("vocabulary", "text", "tokens"),
    [(LETTERS, "badce", list("badce")), (WORDS, "I love a deep learning", ["I", "love", "a", "deep", "learning"])],
)
def test_encode_and_decode(vocabulary, text, tokens):
    model = scratch.LanguageModel(vocabulary, 2)
    ids = model.encode(text)
    assert [vocabulary[i] for i in ids] == tokens and ids.dtype == np.int64
    np.testing.assert_array_equal(model.encode(tokens), ids)
    assert model.decode(ids) == text and model.decode([]) == ""


@pytest.mark.parametrize("cell", CELLS)
def test_probabilities_are_the_softmax_of_the_last_scores(cell):
    model = model_of(cell)
    scores = model.scores(model.encode("abacd")[np.newaxis])[0][0, -1]
    found = model.probabilities("abacd")
    assert list(found) == list(LETTERS) and sum(found.values()) == pytest.approx(1.0)
    np.testing.assert_allclose(list(found.values()), np.exp(scores) / np.exp(scores).sum(), rtol=1e-12)
    assert found != pytest.approx(model.probabilities("bbacd"))  # the first token still counts
    model.bias[...] = [2000, 0, 0, 0, 0]
    assert model.probabilities("a")["a"] == pytest.approx(1.0)


@pytest.mark.parametrize("cell", CELLS)
def test_at_temperature_zero_the_likeliest_token_follows_all_before_it(cell):
    model, text = model_of(cell), "ab"
    for _ in range(8):
        probabilities = model.probabilities(text)
        text += max(probabilities, key=probabilities.get)
    assert model.write("ab", 8, temperature=0) == text[2:]
    assert model.write("ab", 8, temperature=1e-3, seed=5) == text[2:]


def test_words_are_written_with_spaces():
    model = model_of(vocabulary=WORDS)
    for prompt in ("I love", ["I", "love"]):
        words = model.write(prompt, 4, seed=1).split(" ")
        assert len(words) == 4 and set(words) <= set(WORDS)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_tokens_are_drawn_with_the_probabilities_that_the_temperature_makes(temperature):
    model = model_of(spread=0.7)
    draws = [model.write("ca", 1, temperature=temperature, seed=seed) for seed in range(1000)]
    powers = np.array(list(model.probabilities("ca").values())) ** (1 / temperature)
    expected = powers / powers.sum()
    found = np.array([draws.count(letter) for letter in LETTERS]) / len(draws)
    assert (np.abs(found - expected) < 4 * np.sqrt(expected * (1 - expected) / len(draws)) + 1e-9).all()
    assert model.write("ca", 20, seed=3) == model.write("ca", 20, seed=3) != model.write("ca", 20, seed=4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((["a", ""], 2), "vocabulary must hold strings of one character or more, received ''"),
        (([1, 2], 2), "vocabulary must hold strings of one character or more, received 1"),
        (("hello", 2), "vocabulary must hold each token once, received 'l' 2 times"),
        (("a", 2), "vocabulary must hold at least 2 tokens, received 1"),
        (("", 2), "vocabulary must hold at least 2 tokens, received 0"),
        ((["New York", "a"], 2), "vocabulary must hold words without spaces, received 'New York'"),
        (("ab", 0), "units must be a whole number from 1 up, received 0"),
    ],
)
def test_refuses_to_be_built(arguments, message):
    with pytest.raises(ValueError, match=message):
        scratch.LanguageModel(*arguments)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cell": "rnn"}, "cell must be one of 'simple', 'lstm', 'gru', received 'rnn'"),
        ({"dtype": "float16"}, "dtype must be one of 'float64', 'float32', received 'float16'"),
        ({"seed": -1}, "seed must be a whole number from 0 up, received -1"),
    ],
)
def test_refuses_options(options, message):
    with pytest.raises(ValueError, match=message):
        scratch.LanguageModel(LETTERS, 2, **options)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda model: model.encode("abz"), "tokens must be in the vocabulary of 5, received 'z'"),
        (lambda model: model.decode([0, 5]), "ids must be whole numbers 0 … 4, received int64 0 … 5"),
        (lambda model: model.decode([0.5]), "ids must be whole numbers 0 … 4, received float64 0.5 … 0.5"),
        (lambda model: model.probabilities(""), "prompt must have at least one token, received ''"),
        (lambda model: model.write("", 3), "prompt must have at least one token, received ''"),
        (lambda model: model.write("a", 0), "length must be a whole number from 1 up, received 0"),
        (lambda model: model.write("a", 3, seed=-1), "seed must be a whole number from 0 up, received -1"),
        (
            lambda model: model.write("a", 3, temperature=-1),
            "temperature must be a finite number from 0 up, received -1",
        ),
        (lambda model: model.write("a", 3, temperature=np.nan), "temperature must be a finite number from 0 up"),
        (lambda model: model.scores(np.array([[0, 9]])), "x must hold ids from 0 to 4, received 0 … 9"),
    ],
)
def test_refuses_what_it_cannot_read(call, message):
    with pytest.raises(ValueError, match=message):
        call(scratch.LanguageModel(LETTERS, 2))


def test_refuses_targets_and_masks_that_do_not_fit():
    model = scratch.LanguageModel(LETTERS, 2)
    inputs, targets, mask = batch()
    with pytest.raises(ValueError, match=r"targets must have the shape of inputs, \(3, 6\), received shape \(6, 3\)"):
        model.loss_and_gradients(inputs, targets.T)
    with pytest.raises(ValueError, match=r"mask must have the shape of inputs, \(3, 6\), received shape \(3, 5\)"):
        model.loss_and_gradients(inputs, targets, mask=mask[:, 1:])
    with pytest.raises(ValueError, match="targets must lie in 0 … 4, received 5 … 9"):
        model.loss_and_gradients(inputs, targets + 5)
