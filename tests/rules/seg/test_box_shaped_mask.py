from typing import Any

import numpy as np

from annotool.findings import Severity
from annotool.rules.seg.box_shaped_mask import BoxShapedMask
from annotool.testing import check_rule, tiny

BOX = [10.0, 10.0, 50.0, 10.0, 50.0, 30.0, 10.0, 30.0]
CLOSED = [*BOX, 10.0, 10.0]
TILTED = [10.0, 10.0, 50.0, 12.0, 48.0, 32.0, 8.0, 30.0]
SPECK = [10.0, 10.0, 13.0, 10.0, 13.0, 12.0, 10.0, 12.0]
ROUND = {"size": [20, 20], "counts": [22, 4, 15, 6, 14, 6, 14, 6, 14, 6, 15, 4, 274]}
FULL = {"size": [20, 20], "counts": [20, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 270]}


def masks(*each: tuple[Any, int]) -> list[dict[str, Any]]:
    return [
        {"rle" if isinstance(mask, dict) else "polygon": mask} for mask, times in each for _ in range(times)
    ]


def test_a_share_of_rectangles() -> None:
    assert sum(FULL["counts"]) == sum(ROUND["counts"]) == 400
    check_rule(
        BoxShapedMask,
        valid=[
            tiny(annotations=masks(([BOX], 1), ([TILTED], 19))),
            tiny(annotations=masks(([BOX], 10))),
            tiny(annotations=masks(([SPECK], 30), ([TILTED], 30), (ROUND, 30))),
            tiny(annotations=masks(([BOX, TILTED], 30))),
            tiny(annotations=[{}] * 40),
        ],
        invalid=[
            (
                tiny(annotations=masks(([BOX], 1), ([CLOSED], 1), (FULL, 1), ([TILTED], 15), (ROUND, 9))),
                [{"values": {"faulty": 3, "judged": 27}, "severity": -1,
                  "message": "3 of 27 masks (11.1%) are only their box; told above 5%"}],
            ),
            (
                tiny([{"width": np.nan, "height": np.nan}] * 1,
                     [{"polygon": [[0.1, 0.1, 0.3, 0.1, 0.3, 0.2, 0.1, 0.2]], "fractions": (0.1, 0.1, 0.2, 0.1)}] * 20,
                     format_name="yolo"),
                [{"values": {"faulty": 20, "judged": 20}}],
            ),
        ],
    )  # fmt: skip
    assert BoxShapedMask.severities == (Severity.WARNING,)
