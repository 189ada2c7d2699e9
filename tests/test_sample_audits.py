"""An audit of the faulty samples is expected_findings.csv, line by line; of the clean ones it is empty."""

import csv
from collections import Counter
from pathlib import Path

import pytest
from msgspec.structs import replace

import annotool
from annotool.reporting.rows import rows

SAMPLES = Path(__file__).resolve().parents[1] / "sample_data"
COLUMNS = (
    "rule", "severity", "file", "line", "pointer", "image", "annotation_id", "category", "split", "fix",
)  # fmt: skip


# Faults that only the pixels show.
DECODED = [f"faulty/cases/{code}" for code in ("IMG009", "IMG010", "IMG011")]
# Faults that only a model's predictions show.
PREDICTED = {f"faulty/cases/{code}/data": f"faulty/cases/{code}/predictions" for code in ("LBL001", "PRD001")}


def wanted() -> dict[str, Counter[tuple[str, ...]]]:
    """What each faulty dataset must give, by its path below sample_data/."""
    datasets: dict[str, Counter[tuple[str, ...]]] = {}
    with (SAMPLES / "faulty/expected_findings.csv").open(newline="") as file:
        for line in csv.DictReader(file):
            datasets.setdefault(line["dataset"], Counter())[tuple(line[column] for column in COLUMNS)] += 1
    return datasets


WANTED = wanted()


def found(path: Path, decode: bool = False) -> Counter[tuple[str, ...]]:
    predicted = PREDICTED.get(path.relative_to(SAMPLES).as_posix())
    data = annotool.read(path, decode=decode, predictions=SAMPLES / predicted if predicted else None)
    told = (replace(row, line=row.line or "") for row in rows(data, annotool.audit(data)))
    return Counter(tuple(text(getattr(row, column)) for column in COLUMNS) for row in told)


def text(value: object) -> str:
    return "" if value is None else str(value)


@pytest.mark.parametrize("dataset", WANTED)
def test_faulty_dataset_gives_what_was_planted(dataset: str) -> None:
    made = found(SAMPLES / dataset, dataset in DECODED)
    assert {"missing": WANTED[dataset] - made, "not expected": made - WANTED[dataset]} == {
        "missing": Counter(),
        "not expected": Counter(),
    }


@pytest.mark.parametrize("dataset", ["coco", "voc", "yolo", "classes", "csv", "huggingface"])
def test_clean_dataset_gives_nothing(dataset: str) -> None:
    assert found(SAMPLES / dataset) == Counter()
