"""Training: which tokens an update reads, what is carried, and what a trained model knows."""

import numpy as np
import pytest

from rnncourse import scratch

SENTENCE = "hello from recurrent neural networks"
TELLS = ["love deep learning", "swim in deep water", "ate a banana", "love music"]
HELD_OUT = ["you love deep learning", "we swim in deep water"]
SENTENCES = [
    *(f"{who} {tells}" for who in ("I", "you", "we", "they") for tells in TELLS if f"{who} {tells}" not in HELD_OUT),
    *("good morning", "good morning to you", "good evening to you", "good night"),
]
WORDS = sorted({word for sentence in SENTENCES for word in sentence.split()})


class Recorder:
    """A model that learns nothing and notes what it is given."""

    def __init__(self, vocabulary):
        self.encode = scratch.LanguageModel(vocabulary, 2).encode
        self.weights, self.seen = [np.zeros(3)], []

    def loss_and_gradients(self, inputs, targets, *, state, mask):
        self.seen.append((inputs, targets, state, mask))
        return float(len(self.seen)), [np.array([3.0, 0.0, 4.0])], f"state {len(self.seen)}"


class Plain(scratch.Adam):
    """w ← w − g."""

    def _move(self, weight, gradient, *memory):
        weight -= gradient


def test_a_text_is_read_in_streams_and_chunks_with_the_state_carried():
    model = Recorder("abcdefghijklmnopqrstuvwxyz")
    losses = scratch.train(model, "abcdefghijklmnopqrstuv", steps=5, batch_size=3, chunk=3)
    np.testing.assert_array_equal(losses, [1, 2, 3, 4, 5])
    streams = np.arange(21).reshape(3, 7)  # 22 tokens are 21 pairs
    for (inputs, targets, state, mask), (part, carried) in zip(
        model.seen,
        [((0, 3), None), ((3, 6), "state 1"), ((6, 7), "state 2"), ((0, 3), None), ((3, 6), "state 4")],
        strict=True,
    ):
        np.testing.assert_array_equal(inputs, streams[:, slice(*part)])
        np.testing.assert_array_equal(targets, inputs + 1)
        assert state == carried and mask is None


def test_a_text_is_read_whole_by_default():
    model = Recorder("abcdef")
    scratch.train(model, "abcdef", steps=2)
    for inputs, targets, state, _ in model.seen:
        np.testing.assert_array_equal(inputs, [[0, 1, 2, 3, 4]])
        np.testing.assert_array_equal(targets, [[1, 2, 3, 4, 5]])
        assert state is None


def test_ids_are_read_like_their_text():
    text, ids = Recorder("abc"), Recorder("abc")
    scratch.train(text, "abcacb", steps=2, chunk=2)
    scratch.train(ids, np.array([0, 1, 2, 0, 2, 1]), steps=2, chunk=2)
    for (a, b, *_), (c, d, *_) in zip(text.seen, ids.seen, strict=True):
        np.testing.assert_array_equal(a, c)
        np.testing.assert_array_equal(b, d)


def test_sentences_are_padded_and_each_is_read_once_before_any_comes_again():
    model, sentences = Recorder("abcdef"), ["ab", "cdef", "fa", "bcd", "eb"]
    scratch.train(model, sentences, steps=6, batch_size=2, seed=3)
    passes = []
    for inputs, targets, state, mask in model.seen:
        assert state is None and inputs.shape == targets.shape == mask.shape == (len(inputs), mask.sum(axis=1).max())
        passes.append(
            [
                "abcdef"[row[0]] + "".join("abcdef"[i] for i in following[counts])
                for row, following, counts in zip(inputs, targets, mask, strict=True)
            ]
        )
        for row, following, counts in zip(inputs, targets, mask, strict=True):
            np.testing.assert_array_equal(row[1:][counts[1:]], following[:-1][counts[1:]])
    first, second = ([text for texts in part for text in texts] for part in (passes[:3], passes[3:]))
    assert sorted(first) == sorted(second) == sorted(sentences) and first != second


def test_all_sentences_make_an_update_by_default():
    model = Recorder(WORDS)
    scratch.train(model, [sentence.split() for sentence in SENTENCES], steps=1)
    assert model.seen[0][0].shape == (18, 4)


@pytest.mark.parametrize(("clip", "moved"), [(None, 5.0), (100.0, 5.0), (0.5, 0.5)])
def test_clip_is_the_largest_global_norm(clip, moved):
    model = Recorder("ab")
    scratch.train(model, "abab", steps=1, optimizer=Plain(1.0), clip=clip)
    np.testing.assert_allclose(model.weights[0], [-0.6 * moved, 0.0, -0.8 * moved])


def test_losses_are_those_before_each_update_and_fall():
    model = scratch.LanguageModel(sorted(set(SENTENCE)), 16)
    ids = model.encode(SENTENCE)[np.newaxis]
    before = model.loss_and_gradients(ids[:, :-1], ids[:, 1:])[0]
    losses = scratch.train(model, SENTENCE, steps=60)
    assert losses.shape == (60,) and losses[0] == before
    assert abs(before - np.log(len(model.vocabulary))) < 1.0 and losses[-1] < 0.5 * before


def test_the_same_optimiser_goes_on_where_it_stopped():
    once, twice = (scratch.LanguageModel("helo", 8, cell="gru") for _ in range(2))
    whole = scratch.train(once, "hello", steps=12)
    adam = scratch.Adam(0.01)
    parts = [scratch.train(twice, "hello", steps=steps, optimizer=adam) for steps in (5, 7)]
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    assert adam.updates == 12


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 4, 17])
@pytest.mark.parametrize("optimizer", [scratch.Adam(0.01), scratch.Adagrad(0.1)], ids=["adam", "adagrad"])
def test_the_sentence_is_reproduced_within_200_updates(seed, optimizer):
    model = scratch.LanguageModel(sorted(set(SENTENCE)), 32, seed=seed)
    scratch.train(model, SENTENCE, steps=200, optimizer=type(optimizer)(optimizer.learning_rate))
    assert "h" + model.write("h", len(SENTENCE) - 1, temperature=0) == SENTENCE


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_gated_cells_reproduce_it_too(cell):
    model = scratch.LanguageModel(sorted(set(SENTENCE)), 32, cell=cell)
    scratch.train(model, SENTENCE, steps=200)
    assert "h" + model.write("h", len(SENTENCE) - 1, temperature=0) == SENTENCE


@pytest.mark.parametrize("chunk", [5, 12])
def test_the_sentence_is_learned_in_chunks_with_the_state_carried(chunk):
    model = scratch.LanguageModel(sorted(set(SENTENCE)), 32)
    scratch.train(model, SENTENCE, steps=200, chunk=chunk)
    assert "h" + model.write("h", len(SENTENCE) - 1, temperature=0) == SENTENCE


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 4, 17])
def test_words_far_back_decide_and_prefixes_that_never_came_are_completed(seed):
    after_deep = [words[i + 1] for words in map(str.split, SENTENCES) for i, word in enumerate(words) if word == "deep"]
    assert after_deep.count("learning") == after_deep.count("water") == 3  # all that a bigram sees: one half each
    model = scratch.LanguageModel(WORDS, 16, seed=seed)
    scratch.train(model, SENTENCES, steps=200, seed=seed)
    for prompt, word in [
        *(("I love deep", "learning"), ("I swim in deep", "water")),
        *(("you love deep", "learning"), ("we swim in deep", "water")),
    ]:
        assert model.write(prompt, 1, temperature=0) == word
        assert model.probabilities(prompt)[word] > 0.8
    good = model.probabilities("good")
    assert good["morning"] > 20 * good["banana"]


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        ("hello", {"steps": 0}, "steps must be a whole number from 1 up, received 0"),
        ("hello", {"batch_size": 0}, "batch_size must be a whole number from 1 up, received 0"),
        ("hello", {"chunk": 1.5}, "chunk must be a whole number from 1 up, received 1.5"),
        ("hello", {"seed": -1}, "seed must be a whole number from 0 up, received -1"),
        ("hello", {"clip": 0}, "max_norm must be a number above 0, received 0"),
        ("hello", {"optimizer": "adam"}, r"optimizer must be an optimiser of scratch, .*\(0.01\), received 'adam'"),
        ("jello", {}, "tokens must be in the vocabulary of 4, received 'j'"),
        ("hello", {"batch_size": 2, "chunk": 3}, r"batch_size × chunk \+ 1 = 7 tokens, received shape \(5,\)"),
        ("h", {}, r"data must be one text of at least batch_size × chunk \+ 1 = 2 tokens, received shape \(1,\)"),
        (np.zeros((2, 5), int), {}, r"data must be one text .* received shape \(2, 5\)"),
        (["hello", "h"], {}, "data must be a list of sentences of at least 2 tokens, received 'h'"),
        ([], {}, "data must be a list of sentences of at least 2 tokens, received no sentence"),
        ([0, 1, 2], {}, "data must be a text, an array of ids, or a list of sentences, received 0 in it"),
        (["hello"], {"chunk": 3}, "chunk must be None for a list of sentences, which are read in full, received 3"),
    ],
)
def test_refuses(data, options, message):
    with pytest.raises(ValueError, match=message):
        scratch.train(scratch.LanguageModel("helo", 4), data, **options)
