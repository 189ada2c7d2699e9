"""The faults, one module a family of rules; importing them fills plans.PLANS."""

from bench.scorecard.faults import bal, box, cls, dup, fmt, img, kpt, sch, seg, spl

__all__ = ["bal", "box", "cls", "dup", "fmt", "img", "kpt", "sch", "seg", "spl"]
