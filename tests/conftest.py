"""What every test file finds: one thread a library, and the maintainers' tools, importable beside the package."""

import os
import sys
from pathlib import Path

import pytest

# Two test processes share two cores: OpenBLAS with two threads each would spend most of its time waiting. Set before
# NumPy is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

sys.path.append(str(Path(__file__).resolve().parents[1] / "tools"))


@pytest.fixture
def lesson_style():
    """Figures as lessons draw them; what a test sets or leaves open goes with it."""
    import matplotlib as mpl
    import matplotlib.pyplot as plt

    from rnncourse import plots

    with mpl.rc_context():
        plots.use_style()
        yield
    plt.close("all")
