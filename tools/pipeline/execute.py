"""Running notebooks: one kernel each, in surroundings that give the same outputs every time."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed

import ipykernel.kernelspec
import nbformat
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from pipeline.figures import smaller
from pipeline.notebook import METADATA, notebook_from_source
from pipeline.sources import Source

WORKERS = 2
SECONDS_PER_CELL = 600
IGNORE = "nbval-ignore-output"
PNG = "image/png"
WIDGET = "application/vnd.jupyter.widget-view+json"

_FIXED = {
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "RNNCOURSE_QUIET": "1",
    "PYTHONHASHSEED": "0",
}
_UNSET = ("MPLBACKEND", "PYTHONWARNINGS", "PYTHONSTARTUP")
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_FRAME = re.compile(r"Cell |File |-+> ")
_RULE = "-" * 40


class NotebookFailedError(Exception):
    """A notebook could not be executed; the message shows the cell and the end of its traceback."""


Outcome = tuple[Source, NotebookNode | NotebookFailedError, float]
"""A source, its executed notebook or why there is none, and the seconds it took."""


def kernel_environment(ipython: str) -> dict[str, str]:
    """The environment that a build and a test give to every kernel.

    Args:
        ipython: an empty folder in place of the user's IPython settings.

    Returns:
        dict: this process's environment with one thread for each library, no progress bars and no personal settings.
    """
    kept = {name: value for name, value in os.environ.items() if name not in _UNSET}
    return {**kept, **_FIXED, "IPYTHONDIR": ipython}


def execute_all(sources: list[Source], expected: dict[str, int]) -> Iterator[Outcome]:
    """Execute notebooks two at a time, longest first; then, one by one, those that measure time.

    Args:
        sources: what to execute.
        expected: recorded seconds by name, for the order; what is not there comes first.

    Yields:
        An ``Outcome`` for each, in the order in which they finish.
    """
    longest_first = sorted(sources, key=lambda source: -expected.get(source.name, SECONDS_PER_CELL))
    with tempfile.TemporaryDirectory() as ipython:
        environment = {**kernel_environment(ipython), "RNNCOURSE_SEED": "0"}
        for alone, workers in ((False, WORKERS), (True, 1)):
            with ThreadPoolExecutor(workers) as pool:
                jobs = [pool.submit(_attempt, s, environment) for s in longest_first if s.runs_alone == alone]
                try:
                    for job in as_completed(jobs):
                        yield job.result()
                finally:
                    pool.shutdown(wait=False, cancel_futures=True)  # after Ctrl-C, start none of the others


def _attempt(source: Source, environment: dict[str, str]) -> Outcome:
    start = time.perf_counter()
    try:
        result = execute(source, environment)
    except NotebookFailedError as failure:
        result = failure
    return source, result, time.perf_counter() - start


def execute(source: Source, environment: dict[str, str]) -> NotebookNode:
    """Run every cell of a source's notebook in a fresh kernel of this Python, and keep what can be kept.

    Raises:
        NotebookFailedError: a cell raised or took over ten minutes, the kernel died, a widget's cell lacks its tag, or
            the source changed meanwhile.
    """
    notebook = notebook_from_source(source, seconds=0)
    manager = AsyncKernelManager(kernel_spec_manager=_ThisPython())
    client = NotebookClient(
        notebook,
        km=manager,
        timeout=SECONDS_PER_CELL,
        record_timing=False,
        resources={"metadata": {"path": str(source.notebook.parent)}},
    )
    client.widget_registry = {}  # its Output widget writes to the kernel, and may then miss the reply it waits for
    try:
        client.execute(env=environment, stderr=subprocess.DEVNULL)
    except CellExecutionError as error:
        raise NotebookFailedError(_describe(notebook, *_frames(error), f"{error.ename}: {error.evalue}")) from error
    except (CellTimeoutError, DeadKernelError) as error:
        raise NotebookFailedError(_describe(notebook, str(error))) from error
    now = notebook_from_source(source, seconds=0)
    if [cell.source for cell in now.cells] != [cell.source for cell in notebook.cells]:
        raise NotebookFailedError("its source changed while it ran: build it again")
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = _kept_outputs(cell)
    notebook.metadata = nbformat.from_dict(METADATA)  # the run adds versions and the state of widgets
    return notebook


class _ThisPython(KernelSpecManager):
    """Finds the kernel of the Python that builds, whatever other kernels are installed for this user."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return KernelSpec(resource_dir=ipykernel.kernelspec.RESOURCES, **ipykernel.kernelspec.get_kernel_dict())


def _describe(notebook: NotebookNode, *reasons: str) -> str:
    """The source of the cell that ran last, and what went wrong there."""
    ran = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.execution_count is not None]
    return "\n".join([ran[-1].source if ran else "", _RULE, *reasons])


def _frames(error: CellExecutionError) -> list[str]:
    """Of a traceback, each file or cell and the line in it that was running."""
    return [line for line in _ANSI.sub("", error.traceback).splitlines() if _FRAME.match(line)]


def _kept_outputs(cell: NotebookNode) -> list[NotebookNode]:
    """A cell's outputs as they are kept: no widgets, text printed in pieces as one text, small figures."""
    if any(WIDGET in output.get("data", {}) for output in cell.outputs):
        if IGNORE not in cell.metadata.get("tags", []):
            raise NotebookFailedError(f"{cell.source}\n{_RULE}\nthis cell shows a widget: tag it {IGNORE!r}")
        return []
    kept: list[NotebookNode] = []
    for output in cell.outputs:
        if PNG in output.get("data", {}):
            output.data[PNG] = smaller(output.data[PNG])
        if kept and output.output_type == "stream" and kept[-1].get("name") == output.name:
            kept[-1].text += output.text
        else:
            kept.append(output)
    return kept
