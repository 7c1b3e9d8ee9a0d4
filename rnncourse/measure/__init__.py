"""Measuring: claims that fail when they stop being true, and the baselines that could have won."""

from rnncourse.measure import baselines
from rnncourse.measure.claims import ClaimError, claim

__all__ = ["ClaimError", "baselines", "claim"]
