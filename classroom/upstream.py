"""A gradient dl/dy as the layers above might send it, made to order: its mean and its correlation with x-hat."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from classroom.samples import Floats, synthetic


def upstream(x_hat: Floats, *, mean: float, correlation: float, seed: int = 0) -> Floats:
    """Return dy, shaped like x_hat, whose mean and correlation with x_hat are as asked (to rounding).

    Its part along x_hat and the rest have standard deviations `correlation` and sqrt(1 - correlation²).
    """
    along = x_hat - x_hat.mean()
    along = along / along.std()
    rest = smooth(x_hat.shape, seed)
    rest = rest - rest.mean() - along * np.mean(rest * along)
    return mean + correlation * along + np.sqrt(1.0 - correlation**2) * rest / rest.std()


@lru_cache(maxsize=32)
def smooth(shape: tuple[int, ...], seed: int) -> Floats:
    """Blur normal random numbers over the maps, as a convolution's gradient is: neighbours look alike."""
    frequencies = np.hypot(np.fft.fftfreq(shape[-2])[:, None], np.fft.rfftfreq(shape[-1]))
    kept = np.exp(-0.5 * (frequencies / 0.09) ** 2)
    blurred: Floats = np.fft.irfft2(np.fft.rfft2(synthetic(shape, seed=seed)) * kept, s=shape[-2:])
    blurred.setflags(write=False)
    return blurred
