"""What every test may ask for."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

REPOSITORY = Path(__file__).resolve().parents[1]
REAL_DATA = REPOSITORY.parent / "shared" / "data"

# No deadline: the machines that run this are shared. In CI the same examples every time.
settings.register_profile("annotool", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("annotool"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "annotool")


# Tests must neither fill the user's cache of image statistics nor profit from it.
os.environ["ANNOTOOL_CACHE"] = "none"


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real datasets beside the repository; skips where there is none, fails in CI."""
    if not REAL_DATA.is_dir():
        reason = f"no real data: {REAL_DATA} does not exist"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return REAL_DATA


@pytest.fixture(scope="session")
def sample_data() -> Path:
    """The repository's own sample_data folder."""
    return REPOSITORY / "sample_data"
