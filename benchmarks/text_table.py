"""The table of what ``bench_train_text.py`` has measured."""

from __future__ import annotations

import statistics
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

KEPT = Path(__file__).parent / "train_text.txt"


def write(found: Mapping, seeds: Mapping[str, Sequence[int]], times: Sequence[float], conditions: str) -> str:
    """Keep the table beside the benchmarks, and return it. It names what was not measured."""
    text = f"{conditions}\n\n{_recipes(found, seeds)}\n\n{_clock(found, times)}\n"
    KEPT.write_text(text, encoding="utf-8")
    return text


def _recipes(found: Mapping, seeds: Mapping[str, Sequence[int]]) -> str:
    lines = [
        "After the updates that fit into 180 s: nats a character on the held-out tenth, the state carried along.",
        "Each row changes one thing of the recipe. Where there are three seeds: mean [least – most].",
        "",
        f"{'':<42} {'updates':>8}  nats",
    ]
    for name, of in seeds.items():
        losses = [found[key] for seed in of if (key := f"loss|{name}|{seed}") in found]
        if losses:
            updates = found.get(f"speed|{name}|0", found["speed|the recipe|0"])  # some changes cost no time
            lines.append(f"{name:<42} {updates:8,.0f}  {_mean(losses, '.3f')}")
    missing = [name for name in seeds if f"loss|{name}|0" not in found]
    if missing:
        lines += ["", *textwrap.wrap(f"Not measured yet: {', '.join(missing)}.", 110)]
    return "\n".join(lines)


def _clock(found: Mapping, times: Sequence[float]) -> str:
    columns = {"loss": ".3f", "loss on windows": ".3f", "characters a second": ",.0f", "MiB": ",.0f", "seconds": ".1f"}
    lines = [
        "train_text by the clock, set-up included; three seeds: mean [least – most]. Loss on windows: separate pieces",
        "of 64 characters, each from a zero state. MiB: the most memory of the process, TensorFlow included.",
        "",
        "  ".join(["asked for", *(f"{name:<24}" for name in columns)]).rstrip(),
    ]
    for seconds in times:
        runs = [found[key] for seed in range(3) if (key := f"on_the_clock|{seconds}|{seed}") in found]
        cells = [_mean([run[name] for run in runs], form) for name, form in columns.items()]
        lines.append("  ".join([f"{seconds:>7} s", *(f"{cell:<24}" for cell in cells)]).rstrip())
    return "\n".join(lines)


def _mean(values: Sequence[float], form: str) -> str:
    if not values:
        return "–"
    middle = format(statistics.mean(values), form)
    return middle if len(values) == 1 else f"{middle} [{min(values):{form}} – {max(values):{form}}]"
