"""Which of the laws catch an operator."""

from __future__ import annotations

from normlib import NORMS
from normlib.core import Norm
from normlib.gradcheck import CODE_TOLERANCE, TOLERANCE, certify

BatchNorm, MeanVarianceNorm = NORMS["batch_norm"], NORMS["mean_variance_norm"]
LayerNorm, InstanceNorm, GroupNorm, RMSNorm = (
    NORMS[key] for key in ("layer_norm", "instance_norm", "group_norm", "rms_norm")
)
LocalResponseNorm, SpatialNorm = NORMS["local_response_norm"], NORMS["spatial_norm"]
LpNorm, FilterResponseNorm, DynamicTanh = (NORMS[key] for key in ("lp_norm", "filter_response_norm", "dynamic_tanh"))
WeightNorm, WeightStandardization, SpectralNorm = (
    NORMS[key] for key in ("weight_norm", "weight_standardization", "spectral_norm")
)
CHANNEL = (0, 2, 3)


def caught_by(norm: Norm) -> set[str]:
    """Return which laws a norm breaks."""
    certificate = certify(norm)
    broken = {
        "algebra": not certificate.algebra,
        "code": not certificate.code_error <= CODE_TOLERANCE,
        "differences": not certificate.difference_error <= TOLERANCE[certificate.method],
    }
    assert certificate.holds == (not any(broken.values()))
    return {law for law, is_broken in broken.items() if is_broken}
