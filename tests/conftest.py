"""What every test file finds: the maintainers' tools, importable beside the package."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "tools"))
