"""`annotool evaluate`: score a model's predictions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

from annotool.cli.declared import Option
from annotool.cli.opening import configured, opened
from annotool.cli.options import Reading, Reporting
from annotool.cli.showing import progress, show
from annotool.errors import UsageError

__all__ = ["evaluate"]


def evaluate(
    reading: Reading,
    reporting: Reporting,
    geometry: Annotated[str, Option("What is compared of detections: bbox or segm (masks).")] = "bbox",
    engine: Annotated[
        str,
        Option("Who works out COCO's numbers: annotool, or pycocotools itself (slow)."),
    ] = "annotool",
    least_score: Annotated[float, Option("Of a detection that counts in the confusion matrix.")] = 0.25,
    split: Annotated[str | None, Option("Only the images of this split.", metavar="NAME")] = None,
    by_finding: Annotated[bool, Option("Audit too: AP on images with and without findings.")] = False,
) -> None:
    """Score predictions: annotool evaluate GT PRED, where PRED is what --predictions takes; --output html=FILE draws charts."""
    from annotool import api
    from annotool.reporting import evaluation as told
    from annotool.reporting.html import evaluation as page

    outputs = reporting.outputs((*told.FORMS, "html"))
    if reading.predictions is None:
        paths = reading.paths or []
        if len(paths) < 2:
            raise UsageError("name the dataset and its predictions: annotool evaluate GT PRED")
        reading = replace(reading, paths=paths[:-1], predictions=Path(paths[-1]))
    settings = configured(reading)
    with progress():
        data = opened(reading, settings)
        api.check_outputs(data, [file for _, file in outputs if file])
        findings = api.audit(data, config=settings) if by_finding else None
        scored = api.evaluate(
            data, geometry=geometry, engine=engine, least_score=least_score, split=split, findings=findings
        )
    for form, file in outputs:
        lines = page.lines(scored) if form == "html" else told.lines(scored, form)
        show(lines, file, marked=form == "text")
