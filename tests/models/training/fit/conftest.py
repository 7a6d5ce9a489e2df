"""What ``runs`` compares is told like what a test compares."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("tests.models.training.fit.runs")
