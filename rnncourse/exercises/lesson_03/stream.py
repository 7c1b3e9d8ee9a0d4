"""03.3: a stream that comes in chunks, with the state carried from chunk to chunk."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs
from rnncourse.exercises.lesson_02.cell import step, values, weights

Begin = Callable[[np.ndarray, int, np.ndarray, list[np.ndarray]], np.ndarray]
"""The state that chunk i begins with: of the flags (B, chunks), i, the state carried, the states of earlier chunks."""


def _recording(
    rng: np.random.Generator,
    *,
    sizes: tuple[int, int, int] = (2, 2, 2),
    chunks: int = 3,
    steps: int = 2,
    last: int = 1,
    new: bool | None = None,
) -> Inputs:
    """The last chunk has ``last`` steps; ``new``: every later chunk begins anew, or none; left out, some rows do."""
    batch, features, units = sizes
    flags = np.ones((batch, chunks), dtype=bool)
    flags[:, 1:] = rng.random((batch, chunks - 1)) < 0.5 if new is None else new
    x = values(rng, batch, (chunks - 1) * steps + last, features)
    return {"x": x, "steps": steps, "new": flags} | weights(rng, features, units)


def _stream(
    x: np.ndarray, steps: int, new: np.ndarray, kernel: np.ndarray, recurrent_kernel: np.ndarray, bias: np.ndarray
) -> np.ndarray:
    states, h = np.zeros((*x.shape[:2], len(bias))), np.zeros((len(x), len(bias)))
    for t in range(x.shape[1]):
        for sequence in range(len(x)):
            if t % steps == 0 and new[sequence, t // steps]:
                h[sequence] = 0
        h = step(x[:, t], h, kernel, recurrent_kernel, bias)
        states[:, t] = h
    return states


def _flagged(flags: Callable[[np.ndarray, int], np.ndarray]) -> Begin:
    """Rows begin from zeros where ``flags`` of all flags and the chunk says so, shape (B,)."""
    return lambda new, i, h, _: np.where(flags(new, i)[:, np.newaxis], 0, h)


_as_flagged = _flagged(lambda new, i: new[:, i])


def _in_chunks(
    *,
    begin: Begin = _as_flagged,
    carry: Callable[[np.ndarray], np.ndarray] = lambda states: states[:, -1],
    forgets: bool = False,
    put_out: Callable[[list[np.ndarray], int], np.ndarray] = lambda parts, steps: np.concatenate(parts, axis=1),
) -> Callable[..., np.ndarray]:
    """A wrong way through the chunks.

    ``carry``: the state that is carried, of those of a chunk (B, k, H); ``forgets``: a row whose flag is set begins
    anew at each step; ``put_out``: the result, of the states of each chunk.
    """

    def wrong(
        x: np.ndarray, steps: int, new: np.ndarray, kernel: np.ndarray, recurrent_kernel: np.ndarray, bias: np.ndarray
    ) -> np.ndarray:
        carried, parts = np.zeros((len(x), len(bias))), []
        for i in range(new.shape[1]):
            h, states = begin(new, i, carried, parts), []
            for t in range(i * steps, min((i + 1) * steps, x.shape[1])):
                h = begin(new, i, h, parts) if forgets else h
                h = np.tanh(x[:, t] @ kernel + h @ recurrent_kernel + bias)
                states.append(h)
            parts.append(np.stack(states, axis=1))
            carried = carry(parts[-1])
        return put_out(parts, steps)

    return wrong


def _whole_chunks(parts: list[np.ndarray], steps: int) -> np.ndarray:
    return np.concatenate([part for part in parts if part.shape[1] == steps] or [parts[0][:, :0]], axis=1)


def _rest_is_zero(parts: list[np.ndarray], steps: int) -> np.ndarray:
    return np.concatenate([part * (part.shape[1] == steps) for part in parts], axis=1)


STREAM = Exercise(
    id="03.3",
    title="A stream in chunks",
    function="stream",
    inputs=_recording,
    edges=(
        partial(_recording, new=False),
        partial(_recording, new=True),
        partial(_recording, chunks=1, steps=4, last=2),
        partial(_recording, chunks=3, steps=1),
        partial(_recording, sizes=(3, 1, 2), chunks=2, steps=3, last=3),
    ),
    reference=_stream,
    returns={"states": ("sequence", "step", "unit")},
    mistakes={
        (
            "Every chunk begins from zeros: a forgotten carry. The network's memory then ends at each cut, wherever "
            "that happens to fall, and nothing warns you. What should a chunk begin with when its flag is False?"
        ): _in_chunks(begin=lambda new, i, h, parts: 0 * h),
        (
            "The state is never reset: a new sequence begins with what the one before it left behind. That leak is "
            "small and easy to miss. Which argument tells where a new one begins?"
        ): _in_chunks(begin=lambda new, i, h, parts: h),
        (
            "As soon as one row begins a new sequence, all rows forget: an unwanted reset. The rows of a batch live on "
            "by themselves. Is your question put to each row, or once for the batch?"
        ): _in_chunks(begin=_flagged(lambda new, i: np.full(len(new), new[:, i].any()))),
        (
            "The state is reset only when all rows begin anew together. Until then a row that begins alone takes over "
            "what is not its own. Is your question put to each row, or once for the batch?"
        ): _in_chunks(begin=_flagged(lambda new, i: np.full(len(new), new[:, i].all()))),
        (
            "All rows follow the flags of the first row. Each row has flags of its own: new has the shape (B, chunks). "
            "Which index is fixed where it should be all rows?"
        ): _in_chunks(begin=_flagged(lambda new, i: np.full(len(new), new[0, i]))),
        (
            "The flags work the wrong way round: a row goes on where it should begin anew, and begins anew where it "
            "should go on. What does True mean in this task?"
        ): _in_chunks(begin=_flagged(lambda new, i: ~new[:, i] | (i == 0))),
        (
            "The reset comes one chunk late, as if the flag said that a sequence ends here. True says that one begins: "
            "the state must be zero before the chunk is read. Where in your loop do you look at the flags?"
        ): _in_chunks(begin=_flagged(lambda new, i: new[:, max(i - 1, 0)])),
        (
            "A row whose flag is set begins anew at every step of the chunk. Only its first step follows nothing; from "
            "there the sequence has a past. How often is your reset carried out?"
        ): _in_chunks(forgets=True),
        (
            "The next chunk goes on from the first state of this chunk, not from its last. The two are neighbours in "
            "time only where a chunk ends. Which index is the last step?"
        ): _in_chunks(carry=lambda states: states[:, 0]),
        (
            "Every chunk that goes on begins with the state at the end of the first chunk. What came in between is "
            "forgotten. Is the carried state set anew after each chunk?"
        ): _in_chunks(
            begin=lambda new, i, h, parts: np.where(new[:, i : i + 1], 0, parts[0][:, -1] if parts else 0 * h)
        ),
        (
            "The last chunk, shorter than the others, is missing or zero. Its steps are as real as any. Try T = 5 in "
            "chunks of 2 by hand: where does each begin?"
        ): (
            _in_chunks(put_out=_whole_chunks),
            _in_chunks(put_out=_rest_is_zero),
        ),
        (
            "Only the last state of each chunk comes back. It is what the next chunk needs; the task asks for the "
            "states of all steps, joined along time."
        ): (
            _in_chunks(put_out=lambda parts, steps: np.stack([part[:, -1] for part in parts], axis=1)),
            _in_chunks(put_out=lambda parts, steps: np.stack([part[:, -1] for part in parts])),
        ),
        (
            "Only the last chunk's states come back. Is your result a name that each chunk overwrites, where it should "
            "grow?"
        ): _in_chunks(put_out=lambda parts, steps: parts[-1]),
        (
            "The states are right, but time comes first and the batch second. A list of states has the step as its "
            "first axis. Along which axis must they be put together?"
        ): _in_chunks(put_out=lambda parts, steps: np.concatenate(parts, axis=1).swapaxes(0, 1)),
    },
    explanation="""\
The last state of a chunk is all that the next one needs to know of the past: with it, chunks give exactly what the
whole sequence would. So a chunk begins by choosing, row by row, between that state and zeros; then it is unrolled as
usual. Both errors are silent, since shapes and types stay right: a forgotten carry cuts the memory at every chunk, a
forgotten reset lets one sequence leak into the next. In Keras `stateful=True` carries, and `reset_states()` resets
*all* rows; it also expects row b of the next batch to go on with row b of this one, so such data must not be
shuffled.""",
)
