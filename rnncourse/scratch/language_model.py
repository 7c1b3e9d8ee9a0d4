"""A model of the next token: a recurrent cell and a read-out, both trained by our own gradients."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from rnncourse._checks import check_whole
from rnncourse.scratch.arrays import one_of
from rnncourse.scratch.bptt import backward
from rnncourse.scratch.gru import GRU
from rnncourse.scratch.initializers import glorot_uniform
from rnncourse.scratch.losses import softmax_cross_entropy
from rnncourse.scratch.lstm import LSTM
from rnncourse.scratch.simple import SimpleRNN
from rnncourse.scratch.unroll import Run, State, forward

CELLS = {"simple": SimpleRNN, "lstm": LSTM, "gru": GRU}


class LanguageModel:
    """Guess the next token from all that came before.

    A token is whatever the vocabulary lists: a character or a word. Its one-hot vector x_t goes into the cell, and the
    scores of the next token are ``y_t = h_t W_y + b_y``; softmax turns them into probabilities. A one-hot vector times
    the cell's kernel picks one row of it, so that row is what the model knows of a token.

    Args:
        vocabulary: the tokens, each once: a string of characters, or a list of words. When a token is longer than one
            character the tokens are words, and a text is cut at its spaces.
        units: int ≥ 1, the length of the state.
        cell: "simple" (tanh), "lstm" or "gru".
        seed: int ≥ 0, for the weights.
        dtype: "float32" or "float64".

    Attributes:
        vocabulary: tuple of str; the id of a token is its place here.
        cell: the :class:`SimpleRNN`, :class:`LSTM` or :class:`GRU`.
        kernel: W_y (units, len(vocabulary)); bias: b_y (len(vocabulary),).

    Raises:
        ValueError: a vocabulary of less than two tokens, with an empty token or one that comes twice, or an argument
            outside its range.

    Example:
        >>> model = LanguageModel(sorted(set("hello")), units=16)
        >>> losses = train(model, "hello", steps=50)
        >>> model.write("h", 4, temperature=0)
        'ello'
    """

    def __init__(
        self, vocabulary: Sequence[str], units: int, *, cell: str = "simple", seed: int = 0, dtype: str = "float32"
    ) -> None:
        self.vocabulary = tuple(vocabulary)
        _check_vocabulary(self.vocabulary)
        size = len(self.vocabulary)
        self.cell = one_of("cell", cell, CELLS)(size, units, seed=seed, dtype=dtype)
        rng = np.random.default_rng((seed, 1))  # not the numbers that the cell has drawn from this seed
        self.kernel = glorot_uniform(rng, units, size).astype(self.cell.dtype)
        self.bias = np.zeros(size, self.cell.dtype)
        self._ids = {token: i for i, token in enumerate(self.vocabulary)}
        self._joint = " " if any(len(token) > 1 for token in self.vocabulary) else ""

    @property
    def weights(self) -> list[np.ndarray]:
        """The cell's weights, ``kernel`` and ``bias``: the arrays themselves, for an optimiser to change."""
        return [*self.cell.weights, self.kernel, self.bias]

    def encode(self, tokens: str | Sequence[str]) -> np.ndarray:
        """Ids of tokens.

        Args:
            tokens: a text, or a sequence of tokens.

        Returns:
            ids: (n,), int64.

        Raises:
            ValueError: a token is not in the vocabulary.
        """
        if isinstance(tokens, str):
            tokens = tokens.split() if self._joint else list(tokens)
        unknown = [token for token in tokens if token not in self._ids]
        if unknown:
            raise ValueError(f"tokens must be in the vocabulary of {len(self.vocabulary)}, received {unknown[0]!r}")
        return np.array([self._ids[token] for token in tokens], dtype=np.int64)

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids (n,): characters in a row, or words with spaces between them.

        Raises:
            ValueError: an id is outside 0 … len(vocabulary) − 1.
        """
        ids = np.asarray(ids).reshape(-1)
        if ids.size and (ids.dtype.kind not in "iu" or not 0 <= ids.min() <= ids.max() < len(self.vocabulary)):
            span = f"{ids.dtype} {ids.min()} … {ids.max()}"
            raise ValueError(f"ids must be whole numbers 0 … {len(self.vocabulary) - 1}, received {span}")
        return self._joint.join(self.vocabulary[i] for i in ids)

    def scores(self, ids: np.ndarray, state: State | None = None) -> tuple[np.ndarray, Run]:
        """Scores of the token that follows each place.

        Args:
            ids: (B, T), whole numbers 0 … V − 1.
            state: the cell's initial state, as :func:`forward` takes it; None is zeros.

        Returns:
            scores: (B, T, V), raw scores (logits); run: the cell's :class:`Run`, with ``final_state``.

        Raises:
            ValueError: ids outside their range, or a shape that does not fit.
        """
        run = forward(self.cell, ids, initial_state=state)
        steps_first = run.outputs.swapaxes(0, 1)  # as it lies in memory: one product of matrices without a copy
        scores = steps_first.reshape(-1, self.cell.units) @ self.kernel
        scores += self.bias
        return scores.reshape(*steps_first.shape[:2], -1).swapaxes(0, 1), run

    def loss_and_gradients(
        self,
        inputs: np.ndarray,
        targets: np.ndarray,
        *,
        state: State | None = None,
        mask: np.ndarray | None = None,
    ) -> tuple[float, list[np.ndarray], State]:
        """Cross-entropy of the targets, its gradient for every weight by backpropagation through time, and the state.

        Nothing flows back into ``state``: when it was carried from a chunk before, this is truncated backpropagation.

        Args:
            inputs: (B, T), ids of tokens.
            targets: (B, T), ids of the tokens that follow them.
            state: the cell's initial state, None is zeros.
            mask: (B, T), bool, False where the target is padding. None counts every place.

        Returns:
            loss: float, the mean over the places that count, nats a token; gradients: arrays as ``weights``;
                final_state: the cell's state after the last step.

        Raises:
            ValueError: ids outside their range, or shapes that do not fit each other.
        """
        scores, run = self.scores(inputs, state)
        shape = run.outputs.shape[:2]
        targets, mask = np.asarray(targets), None if mask is None else np.asarray(mask)
        for name, array in (("targets", targets), ("mask", mask)):
            if array is not None and array.shape != shape:
                raise ValueError(f"{name} must have the shape of inputs, {shape}, received shape {array.shape}")
        # The time first from here on, as the states lie in memory.
        loss, d_scores = softmax_cross_entropy(scores.swapaxes(0, 1), targets.T, None if mask is None else mask.T)
        d_scores = d_scores.reshape(-1, len(self.vocabulary))  # (T · B, V)
        outputs = run.outputs.swapaxes(0, 1).reshape(-1, self.cell.units)  # (T · B, H)
        d_outputs = (d_scores @ self.kernel.T).reshape(*shape[::-1], -1).swapaxes(0, 1)
        gradients = [*backward(self.cell, run, d_outputs).weights, outputs.T @ d_scores, d_scores.sum(axis=0)]
        return loss, gradients, run.final_state

    def probabilities(self, prompt: str | Sequence[str]) -> dict[str, float]:
        """The probability of each token of the vocabulary to follow the prompt; they sum to 1.

        Args:
            prompt: a text or a sequence of tokens, at least one.

        Raises:
            ValueError: the prompt is empty, or has a token that is not in the vocabulary.
        """
        scores, _ = self.scores(self._prompt(prompt))
        return dict(zip(self.vocabulary, _softmax(scores[0, -1]).tolist(), strict=True))

    def write(self, prompt: str | Sequence[str], length: int, *, temperature: float = 1.0, seed: int = 0) -> str:
        """Continue a prompt, one token after the other.

        Args:
            prompt: a text or a sequence of tokens, at least one.
            length: int ≥ 1, how many tokens to write.
            temperature: float ≥ 0, divides the scores before the softmax: above 1 the text is wilder, below 1 tamer;
                at 0 the likeliest token is always taken.
            seed: int ≥ 0, for the tokens that are drawn.

        Returns:
            The continuation without the prompt.

        Raises:
            ValueError: an empty prompt, a token that is not in the vocabulary, or an argument outside its range.
        """
        check_whole("length", length, least=1)
        check_whole("seed", seed, least=0)
        if not 0.0 <= temperature < np.inf:
            raise ValueError(f"temperature must be a finite number from 0 up, received {temperature!r}")
        rng = np.random.default_rng(seed)
        read, state, written = self._prompt(prompt), None, []
        for _ in range(length):
            scores, run = self.scores(read, state)
            last, state = scores[0, -1], run.final_state
            if temperature == 0.0:
                written.append(int(last.argmax()))
            else:
                written.append(int(rng.choice(len(last), p=_softmax(last.astype(np.float64) / temperature))))
            read = np.array([written[-1:]])
        return self.decode(written)

    def _prompt(self, prompt: str | Sequence[str]) -> np.ndarray:
        ids = self.encode(prompt)
        if not ids.size:
            raise ValueError(f"prompt must have at least one token, received {prompt!r}")
        return ids[np.newaxis]


def _softmax(scores: np.ndarray) -> np.ndarray:
    """Probabilities (V,) of scores (V,), float64."""
    exponentials = np.exp(scores.astype(np.float64) - scores.max())
    return exponentials / exponentials.sum()


def _check_vocabulary(vocabulary: tuple[str, ...]) -> None:
    """Raise ValueError unless these are two or more different, non-empty tokens, and words have no space in them."""
    wrong = [token for token in vocabulary if not isinstance(token, str) or not token]
    if wrong:
        raise ValueError(f"vocabulary must hold strings of one character or more, received {wrong[0]!r}")
    token, times = max(Counter(vocabulary).items(), key=lambda item: item[1], default=("", 0))
    if times > 1:
        raise ValueError(f"vocabulary must hold each token once, received {token!r} {times} times")
    if len(vocabulary) < 2:
        raise ValueError(f"vocabulary must hold at least 2 tokens, received {len(vocabulary)}")
    spaced = [token for token in vocabulary if len(token) > 1 and token.split() != [token]]
    if spaced:
        raise ValueError(f"vocabulary must hold words without spaces, received {spaced[0]!r}")
