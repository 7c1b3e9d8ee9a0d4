"""What a run has measured, and the two tables it is told in."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
from rivals import BATCH, PLAIN_STEPS, RIVALS, STEPS, VOCABULARY, Ours

UNITS = (64, 128, 256)
LENGTHS = (25, 50, 100, 200, 400, 800)
GROWTH_UNITS = 128
VISITS = 9


@dataclass
class Measured:
    """Seconds and bytes.

    Attributes:
        speeds: (units, rival's name) → characters per second, one for each visit.
        seconds: T → seconds of loss and gradients, one for each visit.
        peaks: T → bytes that loss and gradients hold at most.
    """

    speeds: dict[tuple[int, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    seconds: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    peaks: dict[int, int] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether every cell of both tables was measured in every visit."""
        counts = [len(self.speeds[units, name]) for units in UNITS for name in RIVALS]
        counts += [len(self.seconds[length]) for length in LENGTHS]
        return min(counts) == VISITS and len(self.peaks) == len(LENGTHS)


def of_rivals(measured: Measured) -> str:
    """Units, rival, characters per second, ratio to ours."""
    lines = [
        f"One training update: one-hot input of {VOCABULARY} characters, one tanh RNN, read-out, float32, clipping and "
        "optimiser included.",
        f"Batch {BATCH}, {STEPS} steps; the plain loop: batch 1, {PLAIN_STEPS} steps. Median over {VISITS} interleaved "
        "visits [least – most].",
        "",
        f"{'units':>5}  {'rival':<26} {'characters/s':>12}  {'[least – most]':<21} {'ours is … times as fast':>23}",
    ]
    for units in UNITS:
        for name in RIVALS:
            speeds = np.array(measured.speeds[units, name])
            if not speeds.size:
                lines.append(f"{units:5}  {name:<26} {'–':>12}")
                continue
            span = f"[{speeds.min():,.0f} – {speeds.max():,.0f}]"
            ours = np.array(measured.speeds[units, Ours.name])
            ratio = f"{np.median(ours / speeds):.1f}" if name != Ours.name and len(ours) == len(speeds) else ""
            lines.append(f"{units:5}  {name:<26} {np.median(speeds):12,.0f}  {span:<21} {ratio:>23}")
    return "\n".join(lines)


def of_growth(measured: Measured) -> str:
    """T, time and memory of loss and gradients, and both per step: constant when the growth is linear."""
    lines = [
        f"Loss and gradients by the length T of the sequences: ours, {GROWTH_UNITS} units, batch {BATCH}. Memory: the "
        "most that is held at once.",
        "",
        f"{'T':>5}  {'ms':>8}  {'[least – most]':<19} {'ms per step':>11}  {'MiB':>6} {'MiB per step':>12}",
    ]
    for length in LENGTHS:
        if not measured.seconds[length]:
            continue
        ms, peak = 1e3 * np.array(measured.seconds[length]), measured.peaks[length] / 2**20
        span = f"[{ms.min():,.1f} – {ms.max():,.1f}]"
        middle = np.median(ms)
        lines.append(
            f"{length:5}  {middle:8,.1f}  {span:<19} {middle / length:11.3f}  {peak:6.1f} {peak / length:12.3f}"
        )
    return "\n".join(lines)
