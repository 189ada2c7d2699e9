"""Takes the outputs out of notebooks, as git keeps them: `python notebooks/strip.py [--check] [FILES]`; no files: all here.

Pre-commit calls it. Exit 1 where something was, or with --check would be, changed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

KEPT = ("kernelspec", "language_info")


def main(words: list[str]) -> int:
    files = [Path(each) for each in words if each != "--check"] or sorted(
        Path(__file__).parent.glob("*.ipynb")
    )
    changed = 0
    for file in files:
        before = file.read_text("utf-8")
        after = stripped(before)
        if after != before:
            changed = 1
            print(f"{file}: outputs taken out" if "--check" not in words else f"{file}: has outputs")
            if "--check" not in words:
                file.write_text(after, "utf-8")
    return changed


def stripped(text: str) -> str:
    """The notebook without outputs, counts of runs, and what an editor notes beside the cells; spelled one way."""
    book = json.loads(text)
    for cell in book["cells"]:
        cell["metadata"] = {}
        cell["source"] = "".join(cell["source"])
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    kept: dict[str, Any] = {name: book["metadata"][name] for name in KEPT if name in book["metadata"]}
    kept["language_info"] = {"name": kept.get("language_info", {}).get("name", "python")}
    book["metadata"] = kept
    return json.dumps(book, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
