"""Fixtures come with what they import, which takes seconds: a process that only hands out tests does without."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Load the fixtures where tests run: in a worker of xdist, or in the only process."""
    if hasattr(config, "workerinput") or not config.getoption("numprocesses", 0):
        config.pluginmanager.import_plugin("shared")
