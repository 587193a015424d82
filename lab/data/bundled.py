"""scikit-learn's handwritten digits: small, and at hand without a download."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from lab.data.dataset import Data, Split, centring, f32, lock

HELD_OUT = 500  # of the 1,797 digits


@lru_cache(maxsize=2)
def digits(*, centred: bool = True) -> Data:
    """Return the 1,797 handwritten digits of 8×8 pixels that come with scikit-learn, 500 of them held out.

    Centred: mean 0 and variance 1 over the training set; otherwise ink from 0 to 1. The split never changes.
    Source: Alpaydin & Kaynak 1998, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository.
    """
    from sklearn.datasets import load_digits  # here, for it takes a moment and CIFAR-10 does without

    bunch = load_digits()
    order = np.random.default_rng(0).permutation(len(bunch.target))
    pictures = bunch.images[order, None].astype(np.uint8)  # ink from 0 to 16
    labels = bunch.target[order].astype(np.intp)
    lock(pictures, labels)
    train, test = slice(None, -HELD_OUT), slice(-HELD_OUT, None)
    shift, scale = centring(pictures[train]) if centred else (f32([0.0]), f32([1 / 16]))
    return Data(
        Split(pictures[train], labels[train], shift, scale), Split(pictures[test], labels[test], shift, scale), 10
    )
