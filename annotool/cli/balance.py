"""`annotool balance`: count categories."""

from __future__ import annotations

from annotool.cli.opening import configured, opened
from annotool.cli.options import Reading, Reporting, takes
from annotool.cli.showing import progress, show

__all__ = ["balance"]


@takes
def balance(reading: Reading, reporting: Reporting) -> None:
    """Count categories: instances, images, sizes, imbalance."""
    from annotool import api
    from annotool.reporting import balance as told

    outputs = reporting.outputs(told.FORMS)
    with progress():
        counted = api.balance(opened(reading, configured(reading)))
    for form, file in outputs:
        show(told.lines(counted, form), file, marked=form == "text")
