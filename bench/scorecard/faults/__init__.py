"""The faults, one module a family of rules; importing them fills plans.PLANS."""

from bench.scorecard.faults import box, cls, dup, fmt, sch, seg, spl

__all__ = ["box", "cls", "dup", "fmt", "sch", "seg", "spl"]
