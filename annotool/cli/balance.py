"""`annotool balance`: count categories."""

from __future__ import annotations

from annotool.cli.opening import configured, opened
from annotool.cli.options import Reading, Reporting
from annotool.cli.showing import progress, show

__all__ = ["balance"]


def balance(reading: Reading, reporting: Reporting) -> None:
    """Count categories: instances, images, sizes, imbalance, weights; in html also as charts."""
    from annotool import api
    from annotool.reporting import balance as told
    from annotool.reporting.html import balance as page

    outputs = reporting.outputs((*told.FORMS, "html"))
    with progress():
        data = opened(reading, configured(reading))
        api.check_outputs(data, [file for _, file in outputs if file])
        counted = api.balance(data)
    name = ", ".join(path.name for path in data.paths) or "dataset"
    for form, file in outputs:
        lines = page.lines(counted, name) if form == "html" else told.lines(counted, form)
        show(lines, file, marked=form == "text")
