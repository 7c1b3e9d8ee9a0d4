"""03.2: a recurrent loop in which padding does nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs, Variant
from rnncourse.exercises.lesson_02.cell import step, values, weights
from rnncourse.exercises.mistakes import where_it_fits

Update = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
"""Of which rows are real (B, 1), the new state, the old one, and the last output: the next state, and the output."""


def _padded_sequences(
    rng: np.random.Generator, *, mask: list[list[bool]] | None = None, sizes: tuple[int, int] = (2, 3)
) -> Inputs:
    """As many sequences as steps and units; each has a real step, one padding before it; some pad a step of all."""
    drawn = np.zeros((3, 3), dtype=bool) if mask is None else np.array(mask)
    while mask is None and not (drawn.any(axis=1).all() and (drawn[:, 1:] & ~drawn[:, :-1]).any()):
        drawn = rng.random((3, 3)) < 0.7
        drawn[:, np.arange(3) == rng.integers(0, 6)] = False
    features, units = sizes
    return {"x": values(rng, *drawn.shape, features), "mask": drawn} | weights(rng, features, units)


def _masked(
    x: np.ndarray, mask: np.ndarray, kernel: np.ndarray, recurrent_kernel: np.ndarray, bias: np.ndarray
) -> np.ndarray:
    states, h = np.zeros((*x.shape[:2], len(bias))), np.zeros((len(x), len(bias)))
    for t in range(x.shape[1]):
        new = step(x[:, t], h, kernel, recurrent_kernel, bias)
        for sequence in range(len(x)):
            if mask[sequence, t]:
                h[sequence] = new[sequence]
            states[sequence, t] = h[sequence]
    return states


def _loop(
    *,
    update: Update = lambda real, new, h, out: (np.where(real, new, h),) * 2,
    real: Callable[[np.ndarray], np.ndarray] = lambda mask: mask,
    keep_input: bool = True,
) -> Callable[..., np.ndarray | None]:
    """A wrong loop; ``real`` makes another mask; ``keep_input``: False puts zeros into padded steps."""

    @where_it_fits
    def wrong(
        x: np.ndarray, mask: np.ndarray, kernel: np.ndarray, recurrent_kernel: np.ndarray, bias: np.ndarray
    ) -> np.ndarray:
        which, outputs = real(mask), []
        h = out = np.zeros((len(x), len(bias)))
        x = x if keep_input else x * mask[..., np.newaxis]
        for t in range(x.shape[1]):
            new = np.tanh(x[:, t] @ kernel + h @ recurrent_kernel + bias)
            h, out = update(which[:, t : t + 1], new, h, out)
            outputs.append(out)
        return np.stack(outputs, axis=1)

    return wrong


MASKED = Exercise(
    id="03.2",
    title="Padding that does nothing",
    function="unroll_masked",
    inputs=_padded_sequences,
    edges=(
        partial(_padded_sequences, mask=[[True, True, True], [True, True, True]], sizes=(2, 2)),
        partial(_padded_sequences, mask=[[True, True, False], [True, False, False]]),
        partial(_padded_sequences, mask=[[False, False, True], [False, True, True]]),
        partial(_padded_sequences, mask=[[False, False], [True, True], [False, False]]),
        partial(_padded_sequences, mask=[[True, False, False, True]], sizes=(3, 2)),
    ),
    reference=_masked,
    returns={"states": ("sequence", "step", "unit")},
    mistakes={
        (
            "The mask does not count: padded steps are read like any other. The same sequence then ends in another "
            "state when its batch happens to be longer. Which argument did you not use?"
        ): _loop(update=lambda real, new, h, out: (new, new)),
        (
            "The mask is the wrong way round: you skip the real steps and read the padding. True means: this step is "
            "real. Which of the two states belongs to which case?"
        ): _loop(real=lambda mask: ~mask),
        (
            "The outputs of padded steps are zero, but the state behind them moves on: the first real step after "
            "padding shows it. Masking what comes out is too late. What must be chosen before the next round begins?"
        ): _loop(update=lambda real, new, h, out: (new, np.where(real, new, 0))),
        (
            "The outputs repeat as they should, but the state behind them moves on during padding: the first real step "
            "after it comes out wrong. Output and state are the same thing here. Which of the two does your next round "
            "use?"
        ): _loop(update=lambda real, new, h, out: (new, np.where(real, new, out))),
        (
            "You put zeros into the padded steps, and the cell still reads them. An input of zero is not nothing: the "
            "recurrent kernel and the bias move the state all the same. What must stay as it is at such a step?"
        ): _loop(update=lambda real, new, h, out: (new, new), keep_input=False),
        (
            "At a padded step the state becomes zero, and with it all that the sequence had told so far. Padding is "
            "not an end: what comes after it belongs to the same sequence. Which state should a padded step hand on?"
        ): _loop(update=lambda real, new, h, out: (np.where(real, new, 0),) * 2),
        (
            "The state waits during padding, as it should, but the outputs there are zero. Keras offers that as "
            "zero_output_for_mask; the task asks for its default, in which a padded step repeats the state."
        ): _loop(update=lambda real, new, h, out: (np.where(real, new, h), np.where(real, new, 0))),
        (
            "The state waits during padding, as it should, but there you put out what the step would have given. "
            "Whoever reads the last output gets a state that has read padding. Which array do you store?"
        ): _loop(update=lambda real, new, h, out: (np.where(real, new, h), new)),
        (
            "One padded sequence stops the whole batch: a step is skipped for all as soon as any sequence is padded "
            "there. Then others lose real steps. The choice must be made for each row by itself."
        ): _loop(real=lambda mask: np.broadcast_to(mask.all(axis=0), mask.shape)),
        (
            "A step is skipped only when all sequences are padded there, and otherwise all of them read it. Then most "
            "of the padding is read. The choice must be made for each row by itself."
        ): _loop(real=lambda mask: np.broadcast_to(mask.any(axis=0), mask.shape)),
        (
            "All sequences follow the mask of the first one. In a batch each row has its own padding. Which index is "
            "fixed where it should be all rows?"
        ): _loop(real=lambda mask: np.broadcast_to(mask[0], mask.shape)),
        (
            "You read the mask's axes the wrong way round: mask[t] is a sequence, not a step. With as many sequences "
            "as steps nothing warns you. How do you take column t?"
        ): _loop(real=lambda mask: mask.T),
        (
            "The mask runs along the units, not along the sequences: NumPy stretches an array of shape (B,) beside "
            "states of shape (B, H) as a row, so that its entry j decides for unit j of every sequence. With as many "
            "units as sequences nothing warns you. Which second axis lets each entry decide for its own row?"
        ): _loop(update=lambda real, new, h, out: (np.where(real[:, 0], new, h),) * 2),
        (
            "You count the real steps and take that many from the beginning. That works for padding at the right end "
            "alone; here it may stand anywhere. Use the mask itself: what does it say at step t?"
        ): _loop(real=lambda mask: np.arange(mask.shape[1]) < mask.sum(axis=1, keepdims=True)),
        (
            "From the first padded step on, a sequence stays where it is, although real steps follow. Padding is not "
            "an end: it may stand in front or in between. Does something end your loop?"
        ): _loop(real=lambda mask: np.logical_and.accumulate(mask, axis=1)),
    },
    explanation="""\
At each step the cell works out a new state for every row, and the mask chooses row by row which one holds: the new
one where the step is real, the old one where it is padding. `np.where` needs the mask as (B, 1), to stand beside (B,
H). Since the choice is made *before* the next step, nothing of the padding can get in, whatever its values are and
wherever it stands. It follows that the last output is the state after each sequence's last real step, so padding on
the right and on the left give the same final state. Keras does the same: a masked step repeats the last output.""",
    variants={
        "true_is_padding": Variant(
            arguments={"mask": np.logical_not},
            text={
                "True where a step is real": "True where a step is *padding*",
                "| step | real | | state |": "| step | mask | | state |",
                "| 0 | True |": "| 0 | False |",
                "| 1 | False |": "| 1 | True |",
                "| 2 | True |": "| 2 | False |",
                "np.array([[True, False, True]])": "np.array([[False, True, False]])",
                "np.where(mask[:, t, np.newaxis], new, h)": "np.where(mask[:, t, np.newaxis], h, new)",
                "True means: this step is real": "Here True means: this step is padding",
            },
        ),
    },
)
