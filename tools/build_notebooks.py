"""Build the notebooks: sources in, executed notebooks out; a rebuild without a change is byte-identical.

.venv/bin/python tools/build_notebooks.py                    what changed
.venv/bin/python tools/build_notebooks.py 01 exercises/01    of these, what changed
.venv/bin/python tools/build_notebooks.py --all              everything
.venv/bin/python tools/build_notebooks.py --check            nothing: say what is out of date
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from nbformat import NotebookNode
from pipeline import pages, record
from pipeline.execute import NotebookFailedError, execute_all
from pipeline.notebook import fingerprint, notebook_from_source, reading_minutes, title, to_bytes
from pipeline.sources import ROOT, Source, find_notebooks, find_sources, select


def main(arguments: list[str] | None = None) -> int:
    """The command; returns its exit code."""
    options = _parser().parse_args(arguments)
    try:
        chosen = select(find_sources(options.root), options.names)
        if options.check:
            return check(options.root, chosen)
        return build(options.root, chosen, everything=options.all, discard_edits=options.discard_edits)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; what was finished is kept", file=sys.stderr)
        return 130


def build(root: Path, chosen: list[Source], *, everything: bool = False, discard_edits: bool = False) -> int:
    """Build what changed among the chosen sources, and the pages that gather their claims.

    Args:
        root: the checkout.
        chosen: from ``select``.
        everything: also build what did not change.
        discard_edits: overwrite notebooks that were edited after their last build, which are refused otherwise.

    Returns:
        0 when every notebook is built; 1 when one was refused, before anything ran, or when one failed.
    """
    built = record.load(root)
    edited = [source for source in chosen if was_edited(source, built)]
    if edited and not discard_edits:
        print(
            f"edited after the last build: {_names(edited)}. Move the edit into src/ and delete the notebook, "
            "or drop the edit with --discard-edits.",
            file=sys.stderr,
        )
        return 1
    due = [source for source in chosen if everything or source in edited or not is_current(source, built)]
    seconds, failed = _run(root, due)
    _write_pages(root)
    if seconds:
        slowest = max(seconds, key=seconds.__getitem__)
        print(f"built {len(seconds)}; the slowest is {slowest} with {seconds[slowest]:.0f} s")
    elif not failed:
        print("nothing changed")
    return 1 if failed else 0


def check(root: Path, chosen: list[Source]) -> int:
    """Say what is out of date, without running anything; returns 1 when something is."""
    stale = stale_notebooks(root, chosen) or stale_pages(root)
    for line in stale:
        print(line, file=sys.stderr)
    if not stale:
        print("everything is up to date")
    return 1 if stale else 0


def stale_notebooks(root: Path, chosen: list[Source]) -> list[str]:
    """A line for each chosen source whose notebook is out of date, and for each notebook that has no source."""
    built = record.load(root)
    known = find_sources(root)
    orphans = {path.relative_to(root) for path in find_notebooks(root)}
    orphans -= {source.notebook.relative_to(root) for source in known}
    lines = [f"{path.as_posix()}: has no source" for path in sorted(orphans)]
    lines += [f"{name}: is recorded, but has no source" for name in built if name not in {s.name for s in known}]
    lines += [f"{source.name}: its notebook was edited by hand" for source in chosen if was_edited(source, built)]
    lines += [
        f"{source.name}: not built since its source changed" for source in chosen if not is_current(source, built)
    ]
    return lines


def stale_pages(root: Path) -> list[str]:
    """A line for each page that does not show what the kept notebooks hold."""
    expected = pages.written_pages(root, _lessons(root), record.load(root))
    return [
        f"{path.name}: does not show what the notebooks hold"
        for path, text in expected.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]


def was_edited(source: Source, built: record.Record) -> bool:
    """True for a notebook that is not, byte for byte, the one that was built."""
    return source.notebook.exists() and record.sha256(source.notebook) != built.get(source.name, {}).get("notebook")


def is_current(source: Source, built: record.Record) -> bool:
    """True for a source whose notebook exists and was built from it as it is now."""
    return source.notebook.exists() and built.get(source.name, {}).get("source") == fingerprint(source)


def _run(root: Path, due: list[Source]) -> tuple[dict[str, float], list[str]]:
    """Execute and keep notebooks; returns the seconds of those that ran, and the names of those that failed."""
    recorded = {name: entry["seconds"] for name, entry in record.load(root).items()}
    seconds, failed = {}, []
    for source, result, took in execute_all(due, recorded):
        if isinstance(result, NotebookFailedError):
            print(f"{source.name} failed; its notebook stays as it was:\n{result}", file=sys.stderr)
            failed.append(source.name)
        else:
            _keep(root, source, result, took)
            seconds[source.name] = took
            print(f"{source.name}: {took:.0f} s", flush=True)
    return seconds, failed


def _keep(root: Path, source: Source, executed: NotebookNode, took: float) -> None:
    """Write an executed notebook with its run time filled in, and its entry in the record."""
    built = record.load(root)  # read again for each notebook: another build may have finished one meanwhile
    seconds = record.steady_seconds(took, built.get(source.name, {}).get("seconds"))
    filled = notebook_from_source(source, seconds=seconds)
    for cell, text in zip(executed.cells, filled.cells, strict=True):
        cell.source = text.source
    record.write(source.notebook, to_bytes(executed))
    built[source.name] = {
        "source": fingerprint(source),
        "notebook": record.sha256(source.notebook),
        "seconds": seconds,
        "title": title(executed),
        "minutes": reading_minutes(executed),
        "claims": len(pages.claims(executed)),
    }
    record.save(root, built)


def _write_pages(root: Path) -> None:
    """Bring the pages up to date with the kept notebooks, and forget notebooks whose source is gone."""
    names = {source.name for source in find_sources(root)}
    built = {name: entry for name, entry in record.load(root).items() if name in names}
    record.save(root, built)
    for path, text in pages.written_pages(root, _lessons(root), built).items():
        record.write(path, text.encode())


def _lessons(root: Path) -> list[Source]:
    """The lessons that have a kept notebook and a record of it."""
    built = record.load(root)
    return [s for s in find_sources(root) if s.is_lesson and s.name in built and s.notebook.exists()]


def _names(sources: list[Source]) -> str:
    return ", ".join(source.name for source in sources)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Build the notebooks whose source changed.")
    parser.add_argument("names", nargs="*", metavar="NN", help="a lesson (01) or its exercises (exercises/01)")
    parser.add_argument("--all", action="store_true", help="also build what did not change")
    parser.add_argument("--check", action="store_true", help="run nothing; exit 1 and say what is out of date")
    parser.add_argument("--discard-edits", action="store_true", help="overwrite notebooks that were edited by hand")
    parser.add_argument("--root", type=Path, default=ROOT, help="another checkout")
    return parser


if __name__ == "__main__":
    sys.exit(main())
