"""What rules of this family share: findings about image files."""

from __future__ import annotations

from typing import Any

import numpy as np

from annotool.dataset import Dataset
from annotool.rules.base import Findings, Rule, found, written_in
from annotool.table import Array

__all__ = ["of_files"]


def of_files(rule: Rule, message: str, data: Dataset, take: Array, **more: Any) -> Findings:
    """Return a finding for each of these images. COCO and VOC have a record of the image to point to;
    elsewhere the label file says nothing of it, and the finding names the image alone."""
    images = data.table("images").take(take)
    recorded = written_in(data, images, ("coco", "voc"))
    place: dict[str, Any] = {
        "source": np.where(recorded, images["source"], -1),
        "line": np.where(recorded, images["line"], 0),
        "start": np.where(recorded, images["start"], -1),
        "end": np.where(recorded, images["end"], -1),
    }
    return found(rule, message, images, **place, **more)
