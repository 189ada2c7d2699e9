"""The exception tree: what stops annotool. A fault in the data never does; it becomes a finding.

AnnotoolError
├── UsageError              the call asks for something that cannot be done
│   ├── ConfigError         a configuration file is wrong
│   ├── NoDatasetError      nothing at the path looks like a dataset
│   └── SeveralDatasetsError  more than one dataset at the path: the caller has to choose
├── LossError               a conversion would lose or change objects, and nobody allowed it
├── JournalError            a journal does not fit the files it is to be applied to or undone from
└── MissingExtraError       an optional dependency is not installed
"""

from __future__ import annotations

__all__ = [
    "AnnotoolError",
    "ConfigError",
    "JournalError",
    "LossError",
    "MissingExtraError",
    "NoDatasetError",
    "SeveralDatasetsError",
    "UsageError",
]


class AnnotoolError(Exception):
    """Base of all errors annotool raises on purpose; its text says what, where and what to do."""


class UsageError(AnnotoolError):
    """The call asks for something that cannot be done."""


class ConfigError(UsageError):
    """A configuration file has an unknown key or a value of the wrong type."""


class NoDatasetError(UsageError):
    """Nothing at the path looks like a dataset; the text names what each format missed."""


class SeveralDatasetsError(UsageError):
    """More than one dataset at the path; the text lists them with their formats."""


class LossError(AnnotoolError):
    """The target format cannot hold what the dataset has, and no loss was allowed."""


class JournalError(AnnotoolError):
    """The journal's hashes or old values differ from the files."""


class MissingExtraError(AnnotoolError):
    """An optional dependency is missing; the text names the pip extra."""
