"""What every test file finds: one thread a library, and the maintainers' tools, importable beside the package."""

import os
import sys
from pathlib import Path

# Two test processes share two cores: OpenBLAS with two threads each would spend most of its time waiting. Set before
# NumPy is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

sys.path.append(str(Path(__file__).resolve().parents[1] / "tools"))
