from __future__ import annotations

from annotool.cli import main

main()
