"""Errata of the operators that divide by the energy of a window: cross-channel, spatial, local response."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from classroom.errata.erratum import Array, Case, Erratum, Failure, Search, show, small
from classroom.typeset import short, tiny
from normlib.norms.cross_channel_norm import CrossChannelNorm
from normlib.norms.local_response_norm import LocalResponseNorm
from normlib.norms.spatial_norm import SpatialNorm

# The strength α and the power β are 1 throughout: then y = x / (constant + energy) can be done in the head.
CHANNELS = [(1, 1, 1), (2, 1, 1), (3, 1, 1)]
ROWS = [(1, 1, 1), (1, 2, 1), (1, 3, 1)]


def cross_channel(case: Case) -> Array:
    """CrossChannelNorm with a window of one channel: κ = 1, as MatConvNet sets it."""
    return CrossChannelNorm(size=1, k=1.0, alpha=1.0, beta=1.0).forward(case.x)[0]


def channel_number_as_constant(case: Case) -> Array:
    """Printed: k is the output channel, and the same letter is added to the energy."""
    k = np.arange(1, case.x.shape[1] + 1)[None, :, None, None]
    return case.x / (k + case.x**2)


def spatial_inside(case: Case) -> Array:
    """SpatialNorm, at the rows where no border matters to either formula."""
    y, _ = SpatialNorm(height=case.settings["height"], width=1, alpha=1.0, beta=1.0).forward(case.x)
    return y[:, :, _rows_inside(case)]


def one_row_down(case: Case) -> Array:
    """Printed: the row is i + i' - floor((H' - 1) / 2), without the - 1."""
    height, inside = case.settings["height"], _rows_inside(case)
    first = 1 - (height - 1) // 2  # of the window, seen from its row
    tops = range(inside.start + first, inside.stop + first)
    energy = [np.mean(case.x[:, :, top : top + height] ** 2, axis=2) for top in tops]
    return case.x[:, :, inside] / (1 + np.stack(energy, axis=2)) if energy else case.x[:, :, inside]


def _rows_inside(case: Case) -> slice:
    """Rows whose window, as printed and as meant, lies inside the map."""
    height = case.settings["height"]
    start = (height - 1) // 2
    return slice(start, max(start, case.x.shape[2] - height + start))


def spatial_pixel(case: Case) -> Array:
    """SpatialNorm with a window of one pixel."""
    return SpatialNorm(height=1, width=1, alpha=1.0, beta=1.0).forward(case.x)[0]


def energy_of_all_channels(case: Case) -> Array:
    """Printed: x without a channel index, read as what it can only mean, all channels."""
    return case.x / (1 + np.sum(case.x**2, axis=1, keepdims=True))


def spatial_at_borders(case: Case) -> Array:
    """SpatialNorm on one pixel, which is all border."""
    return SpatialNorm(height=1, width=case.settings["width"], alpha=1.0, beta=1.0).forward(case.x)[0]


def full_area_at_borders(case: Case) -> Array:
    """Printed: 1 / (H'W') wherever the window lies; outside the one-pixel map there is nothing to add."""
    return case.x / (1 + case.x**2 / case.settings["width"])


def local_response(case: Case) -> Array:
    """LocalResponseNorm across channels."""
    size, k = case.settings.get("size", 1), float(case.settings.get("k", 1))
    return LocalResponseNorm(mode="across_channels", size=size, k=k, alpha=1.0, beta=1.0).forward(case.x)[0]


def sum_over_every_i(case: Case) -> Array:
    """Printed: the sum binds i itself, so no window is left around the output's i."""
    return case.x / (1 + np.sum(case.x**2, axis=1, keepdims=True) / case.settings["size"])


def constant_one(case: Case) -> Array:
    """Printed: 1 where κ, Caffe's `k`, is added; a window of one channel."""
    return case.x / (1 + case.x**2)


@dataclass(frozen=True)
class OneOperator:
    """Hold the two names' operators against each other, with α_Caffe = N · α_MatConvNet, on every small input."""

    alpha: float = 0.1

    def failure(self) -> Failure:
        worst, count = None, 0
        for case in small(CHANNELS, size=[1, 3, 5]):
            size = case.settings["size"]
            ours, _ = CrossChannelNorm(size=size, alpha=self.alpha).forward(case.x)
            caffes, _ = LocalResponseNorm(mode="across_channels", size=size, alpha=size * self.alpha).forward(case.x)
            count += 1
            if worst is None or np.max(np.abs(ours - caffes)) > np.max(np.abs(worst[1] - worst[2])):
                worst = (case, ours, caffes)
        assert worst is not None
        case, ours, caffes = worst
        gap = float(np.max(np.abs(ours - caffes)))
        size = case.settings["size"]
        where = f"x = {show(case.x)}, N = {size}, α = {short(self.alpha)} and {short(size * self.alpha)}"
        sentence = f"On {count} small inputs the two differ by {tiny(gap)} at most, at {where}: they are one operator."
        return Failure(where, ours, caffes, sentence)


ERRATA = (
    Erratum(
        id="one-operator-twice",
        slide="before-bn",
        title="The talk listed one operator as two",
        printed=r"\text{Caffe: local response} \qquad \text{MatConvNet: cross-channel}",
        right=r"\text{local response across channels} = \text{cross-channel, with } "
        r"\alpha_{\text{Caffe}} = N\,\alpha_{\text{MatConvNet}}",
        why="Only the scale of α differs: Caffe divides it by the window's size. Likewise local response within a "
        "channel is spatial normalization, but for borders and even windows.",
        evidence=OneOperator(),
    ),
    Erratum(
        id="cross-channel-k",
        slide="cross-channel",
        title="The talk used k for two things and left G(k) undefined",
        printed=r"y_{ijk} = x_{ijk}\,\Big/\,\Big(k + \alpha\sum_{m\in G(k)} x_{ijm}^2\Big)^{\beta}",
        right=r"y_{ijk} = x_{ijk}\,\Big/\,\Big(\kappa + \alpha\sum_{m\in G(k)} x_{ijm}^2\Big)^{\beta},\quad "
        r"G(k)=\big[\max(1,k-\lfloor\tfrac{N-1}{2}\rfloor),\ \min(D,k+\lceil\tfrac{N-1}{2}\rceil)\big]",
        why="The channel is k, so the constant needs a letter of its own: κ, the same for every channel.",
        evidence=Search(
            lambda: small(CHANNELS),
            channel_number_as_constant,
            cross_channel,
            lambda c: (
                f"one pixel, {c.x.shape[1]} channels, x = {show(c.x)}, a window of one channel, κ = α = β = 1",
                "In channel 2 the printed formula adds 2 to the energy; κ = 1 was meant.",
            ),
        ),
    ),
    Erratum(
        id="spatial-row-index",
        slide="spatial",
        title="The talk's window was off centre by one row",
        printed=r"x_{\,i+i'-\lfloor\frac{H'-1}{2}\rfloor,\ j+j'-1-\lfloor\frac{W'-1}{2}\rfloor}",
        right=r"x_{\,i+i'-1-\lfloor\frac{H'-1}{2}\rfloor,\ j+j'-1-\lfloor\frac{W'-1}{2}\rfloor,\ k}",
        why="i′ counts from 1, so 1 must be taken off again, as the column does. A window of three rows lies on "
        "i … i+2 instead of i−1 … i+1.",
        evidence=Search(
            lambda: small(ROWS, height=[1, 2, 3]),
            one_row_down,
            spatial_inside,
            lambda c: (
                f"a column of {c.x.shape[2]} pixels, x = {show(c.x)}, a {c.settings['height']} × 1 window, α = β = 1",
                "In the first row the printed window looks at the row below and misses the pixel itself.",
            ),
        ),
    ),
    Erratum(
        id="spatial-channel-index",
        slide="spatial",
        title="The talk's sum had lost the channel",
        printed=r"n_{ijk}^2=\tfrac{1}{H'W'}\sum_{i',j'} x^2_{\cdot\,,\,\cdot}",
        right=r"n_{ijk}^2=\tfrac{1}{H'W'}\sum_{i',j'} x^2_{\cdot\,,\,\cdot\,,\,k}",
        why="Without k the formula does not say which map is meant. The energy is that of the output's own map; "
        "read as all maps together, the numbers differ as soon as there are two.",
        evidence=Search(
            lambda: small(CHANNELS),
            energy_of_all_channels,
            spatial_pixel,
            lambda c: (
                f"one pixel, {c.x.shape[1]} channels, x = {show(c.x)}, a window of 1 × 1, α = β = 1",
                "Read without its channel, each map is divided by the energy of both.",
            ),
        ),
    ),
    Erratum(
        id="spatial-border",
        slide="spatial",
        title="The talk's 1/(H′W′) does not hold at the border",
        printed=r"\frac{1}{H'W'}\sum_{i',j'} x^2",
        right=r"\frac{1}{|\text{window}\cap\text{map}|}\sum_{\text{window}\cap\text{map}} x^2",
        why="MatConvNet averages over the pixels that are really in the window. H′W′ counts them in the interior only.",
        evidence=Search(
            lambda: small([(1, 1, 1)], width=[1, 2]),
            full_area_at_borders,
            spatial_at_borders,
            lambda c: (
                f"one pixel, x = {show(c.x)}, a window of 1 × {c.settings['width']}, α = β = 1",
                "One pixel is in the window, and the printed formula divides its square by 2.",
            ),
        ),
    ),
    Erratum(
        id="lrn-index",
        slide="lrn",
        title="The talk summed over i, which was taken",
        printed=r"y_i = x_i\,\Big/\,\Big(1 + \tfrac{\alpha}{n}\sum_{i} x_i^2\Big)^{\beta}",
        right=r"y_i = x_i\,\Big/\,\Big(\kappa + \tfrac{\alpha}{n}\sum_{j\in G(i)} x_j^2\Big)^{\beta}",
        why="The sum binds i, so nothing ties it to the output's own window G(i) any more; and n was not defined: it "
        "is the number of cells in the full window.",
        evidence=Search(
            lambda: small(CHANNELS, size=[1, 3]),
            sum_over_every_i,
            local_response,
            lambda c: (
                f"one pixel, {c.x.shape[1]} channels, x = {show(c.x)}, n = {c.settings['size']}, κ = α = β = 1",
                "Taken at its word, the sum runs over every channel, in the window or not.",
            ),
        ),
    ),
    Erratum(
        id="lrn-constant",
        slide="lrn",
        title="The talk fixed the constant κ to 1",
        printed=r"\Big(1 + \tfrac{\alpha}{n}\sum x^2\Big)^{\beta}",
        right=r"\Big(\kappa + \tfrac{\alpha}{n}\sum x^2\Big)^{\beta}",
        why="1 is only the default of κ, Caffe's parameter k, across channels; Krizhevsky et al. used 2. Within a "
        "channel Caffe ignores it, and there the printed 1 is right.",
        evidence=Search(
            lambda: small(CHANNELS[:1], k=[1, 2]),
            constant_one,
            local_response,
            lambda c: (
                f"one pixel, one channel, x = {show(c.x)}, κ = {c.settings['k']}, n = α = β = 1",
                "Caffe adds the κ it was given, 2; the printed formula still adds 1 and damps less.",
            ),
        ),
    ),
    Erratum(
        id="lrn-mode-names",
        slide="lrn",
        title="The talk did not write the modes as Caffe does",
        printed=r"\text{other names for the two modes}",
        right=r"\texttt{ACROSS\_CHANNELS},\quad \texttt{WITHIN\_CHANNEL}",
        why="A name has no value, so there is no number to compute: Caffe refuses a network file with any other word.",
    ),
)
