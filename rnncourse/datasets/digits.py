"""Handwritten digits as short sequences of rows."""

from __future__ import annotations

import numpy as np

from rnncourse.datasets._dataset import About, Dataset

_SPLIT_SEED = 0  # one split for every run of the course, whatever RNNCOURSE_SEED says


def digits() -> Dataset:
    """1,797 handwritten digits of 8 × 8 pixels, read as eight steps (rows, top to bottom) of eight pixels each.

    Returns:
        Dataset: x (n, 8, 8) float32, whole values from 0 (paper) to 16 (ink), unscaled; y (n,) int64, 0 to 9.

    Source: E. Alpaydin and C. Kaynak (1998), Optical Recognition of Handwritten Digits, by way of scikit-learn.
    """
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    bunch = load_digits()
    x, y = bunch.images.astype(np.float32), bunch.target.astype(np.int64)
    indices, held = train_test_split(np.arange(len(y)), test_size=0.30, stratify=y, random_state=_SPLIT_SEED)
    validation, test = train_test_split(held, test_size=0.50, stratify=y[held], random_state=_SPLIT_SEED)
    return Dataset(
        train=(x[indices], y[indices]),
        validation=(x[validation], y[validation]),
        test=(x[test], y[test]),
        about=About(
            source="Optical Recognition of Handwritten Digits (Alpaydin and Kaynak 1998), the test half of the UCI "
            "set, from sklearn.datasets.load_digits",
            licence="scikit-learn states none for the data; the UCI repository, where they come from, lists CC BY 4.0",
            shapes="x (digits, 8 rows, 8 pixels), float32; y (digits,), int64",
            units="x: ink, a count from 0 to 16 of the dark ones among 4 × 4 scanned dots; y: the digit, 0 to 9",
            split="70/15/15 % at random with a constant seed, equal shares of each digit; the writers are not "
            "recorded, so one writer may stand in several splits",
        ),
    )
