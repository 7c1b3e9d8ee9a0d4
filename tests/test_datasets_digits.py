"""Handwritten digits."""

import numpy as np
from sklearn.datasets import load_digits

from rnncourse.datasets import digits


def test_every_digit_of_the_source_occurs_once_with_its_label():
    data, source = digits(), load_digits()
    x = np.concatenate([data.train[0], data.validation[0], data.test[0]])
    y = np.concatenate([data.train[1], data.validation[1], data.test[1]])
    assert x.shape == (1797, 8, 8) and x.dtype == np.float32 and y.dtype == np.int64
    assert x.min() == 0 and x.max() == 16
    ours = sorted((image.astype(int).tobytes(), int(label)) for image, label in zip(x, y, strict=True))
    theirs = sorted(
        (im.astype(int).tobytes(), int(label)) for im, label in zip(source.images, source.target, strict=True)
    )
    assert ours == theirs


def test_splits_are_70_15_15_with_equal_shares_of_each_digit():
    data = digits()
    assert [len(part[1]) for part in (data.train, data.validation, data.test)] == [1257, 270, 270]
    overall = np.bincount(load_digits().target) / 1797
    for _, y in (data.train, data.validation, data.test):
        np.testing.assert_allclose(np.bincount(y) / len(y), overall, atol=0.005)
