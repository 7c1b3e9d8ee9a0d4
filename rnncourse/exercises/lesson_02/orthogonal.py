"""02.4: an orthogonal matrix to begin with, made of a random one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from rnncourse.exercises.exercise import Exercise, Inputs


def _random_matrix(
    rng: np.random.Generator, *, units: int = 0, gain: float = 0.0, matrix: np.ndarray | None = None
) -> Inputs:
    """A matrix with one decimal that is far from singular, and a gain that is not 1; what is 0 is drawn."""
    units = units or int(rng.integers(2, 4))
    gain = gain or float(rng.choice([0.5, 0.8, 0.9, 1.1, 1.2, 1.5]))
    gaussian = np.zeros((units, units)) if matrix is None else matrix
    while np.linalg.matrix_rank(gaussian) < units or np.linalg.cond(gaussian) > 10:
        gaussian = np.round(rng.normal(size=(units, units)), 1)
    return {"gaussian": gaussian, "gain": gain}


def _turned(rng: np.random.Generator) -> Inputs:
    """A matrix that is orthogonal already, up to rounding."""
    return _random_matrix(rng, units=2, gain=2.0, matrix=np.array([[0.6, -0.8], [0.8, 0.6]]))


def _column_by_column(
    gaussian: np.ndarray, gain: float, *, unit_length: bool = True, against: str = "finished"
) -> np.ndarray:
    """``against``: the earlier columns along which a part is taken away, "finished", "given", or "none" of them."""
    columns: list[np.ndarray] = []
    for i, given in enumerate(gaussian.T):
        column = given.copy()
        for earlier in {"finished": columns, "given": list(gaussian.T[:i]), "none": []}[against]:
            column = column - (given @ earlier) / (earlier @ earlier) * earlier
        columns.append(column / np.sqrt(column @ column) if unit_length else column)
    return gain * np.array(columns).T


def _by_qr(
    gaussian: np.ndarray, gain: float, *, signs: Callable[[np.ndarray, np.ndarray], np.ndarray | float]
) -> np.ndarray:
    """Q of the matrix, times the ``signs`` that are made of Q and R."""
    q, r = np.linalg.qr(gaussian)
    return gain * q * signs(q, r)


def _upper(gaussian: np.ndarray, gain: float) -> np.ndarray:
    return gain * np.linalg.qr(gaussian)[1]


def _nearest(gaussian: np.ndarray, gain: float) -> np.ndarray:
    left, _, right = np.linalg.svd(gaussian)
    return gain * left @ right


def _one_side(gaussian: np.ndarray, gain: float, *, side: int) -> np.ndarray:
    """The left (0) or the right (2) factor of the singular value decomposition."""
    return gain * np.linalg.svd(gaussian)[side]


def _divided(gaussian: np.ndarray, gain: float, *, by: Callable[[np.ndarray], float]) -> np.ndarray:
    return gain * gaussian / by(gaussian)


def _spectral_radius(gaussian: np.ndarray) -> float:
    return float(np.abs(np.linalg.eigvals(gaussian)).max())


ORTHOGONAL = Exercise(
    id="02.4",
    title="An orthogonal start",
    function="orthogonal",
    inputs=_random_matrix,
    edges=(
        partial(_random_matrix, matrix=np.array([[-0.7]]), units=1),
        partial(_random_matrix, gain=1.0, matrix=np.eye(3), units=3),
        partial(_random_matrix, units=4),
        _turned,
    ),
    reference=_column_by_column,
    returns={"recurrent_kernel": ("row", "column")},
    mistakes={
        (
            "Orthogonal, but some columns point the other way. NumPy's QR leaves open which of the two directions a "
            "column of Q gets, and the task does not: none may be turned away from the column it was made of. Which "
            "part of R tells whether one was?"
        ): partial(_by_qr, signs=lambda q, r: 1.0),
        (
            "The gain is missing: all singular values of your result are 1. The gain says how much a state is "
            "stretched at a step. Which argument did you not use, and was it perhaps applied before the columns were "
            "scaled?"
        ): lambda gaussian, gain: _column_by_column(gaussian, 1.0),
        (
            "Two things are missing: some columns point the other way, since QR leaves the direction open, and the "
            "gain is not there. Look for the signs in R first, then at the argument that you did not use."
        ): lambda gaussian, gain: _by_qr(gaussian, 1.0, signs=lambda q, r: 1.0),
        (
            "The signs are right, but you multiply the rows of Q by them, not the columns. Entry j of R's diagonal "
            "belongs to column j of Q. Along which axis does NumPy spread a vector of shape (n,) over a matrix?"
        ): partial(_by_qr, signs=lambda q, r: np.sign(np.diag(r))[:, np.newaxis]),
        (
            "You take the signs from the diagonal of Q. Whether a column was turned around stands in R: there the "
            "diagonal holds how far each column of the given matrix goes along its new direction."
        ): partial(_by_qr, signs=lambda q, r: np.sign(np.diag(q))),
        (
            "You make the whole of Q positive. Its columns are then no longer at right angles: two of them with "
            "positive entries alone have a positive product. A column is turned as a whole or not at all."
        ): lambda gaussian, gain: gain * np.abs(np.linalg.qr(gaussian)[0]),
        (
            "Orthogonal, but made of the rows: the first row is kept, not the first column. A matrix made so is as "
            "good to begin with, but it is another one. How does your loop, or QR, read the matrix?"
        ): lambda gaussian, gain: _column_by_column(gaussian.T, gain).T,
        (
            "The result is transposed. It is orthogonal all the same, since the transpose is the inverse, but it turns "
            "a state the other way round. Are the vectors you collected rows or columns of your array?"
        ): lambda gaussian, gain: _column_by_column(gaussian, gain).T,
        (
            "Every column has the right length, but they are not at right angles to each other. Then some directions "
            "are stretched and others shrink, at every step anew. What must be taken from a column before it is "
            "scaled?"
        ): partial(_column_by_column, against="none"),
        (
            "The columns are at right angles, but not of length 1 before the gain. A state along a long column grows "
            "at every step. What is the length of each of your columns?"
        ): partial(_column_by_column, unit_length=False),
        (
            "From the third column on the angles are wrong: you take away the parts along the given columns, which are "
            "not at right angles themselves, so some is taken away twice. Along which columns must the parts be taken?"
        ): partial(_column_by_column, against="given"),
        (
            "Orthogonal, but another matrix: the nearest one, from the singular value decomposition. It would do as a "
            "start, too. The task keeps the direction of the first column and works on from there."
        ): _nearest,
        (
            "Orthogonal, but another matrix: one factor of the singular value decomposition. It would do as a start, "
            "too. The task keeps the direction of the first column and works on from there."
        ): (partial(_one_side, side=0), partial(_one_side, side=2)),
        (
            "The whole matrix is divided by one number: the largest direction now fits, all others are too short, and "
            "what lies along them fades from step to step. In an orthogonal matrix all singular values are equal."
        ): (
            partial(_divided, by=lambda matrix: float(np.linalg.norm(matrix, 2))),
            partial(_divided, by=lambda matrix: float(np.linalg.norm(matrix))),
            partial(_divided, by=_spectral_radius),
        ),
        (
            "You return R, the triangle, not Q. QR splits a matrix into a part that turns and one that stretches. "
            "Which of the two keeps the length of every state?"
        ): _upper,
        (
            "The matrix is returned as it was, times the gain: it stretches some states and shrinks others. Multiply "
            "its transpose by it: which matrix should that be, and which is it?"
        ): lambda gaussian, gain: gain * gaussian,
    },
    explanation="""\
`np.linalg.qr` does the same work as the loop over columns and is more accurate. It leaves the direction of each
column open; the diagonal of R is positive exactly where a column of Q points along the one it was made of. The signs
matter for fairness, too: with them, a Gaussian matrix gives every orthogonal matrix with the same probability
(Mezzadri 2007); without them the result depends on the routine. An orthogonal kernel keeps the length of every state,
so that with gain 1 it neither stretches nor shrinks what a linear cell remembers; a tanh shrinks it, and the gain
works against that. Keras' recurrent kernels start so (`orthogonal`), its other kernels by Glorot's rule.""",
)
