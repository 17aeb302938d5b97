"""Cores and memory that a process may use: the limits of affinity, control groups and SLURM; the CPU time it took."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hetsnn import resources

SLURM = ("SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE", "SLURM_MEM_PER_NODE", "SLURM_MEM_PER_CPU")
EIGHT = {"os.sched_getaffinity": lambda _: set(range(8)), "os.process_cpu_count": lambda: 8}


@pytest.fixture(autouse=True)
def unlimited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of eight cores without control groups; the folder where tests put some."""
    for name in SLURM:
        monkeypatch.delenv(name, raising=False)
    for name, value in EIGHT.items():
        if hasattr(os, name.partition(".")[2]):
            monkeypatch.setattr(name, value)
    monkeypatch.setattr(resources, "MEMBERSHIP", tmp_path / "membership")
    monkeypatch.setattr(resources, "GROUPS", tmp_path / "groups")
    return tmp_path


def groups(folder: Path, membership: str, **settings: str) -> None:
    """Write control groups; `__` in a name stands for /, `_of_` for a dot."""
    (folder / "membership").write_text(membership)
    for name, text in settings.items():
        path = folder / "groups" / name.replace("__", "/").replace("_of_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")


def test_a_machine_without_limits_is_used_whole() -> None:
    assert resources.cores() == 8
    assert resources.memory() == os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


@pytest.mark.parametrize(
    ("quota", "cores"), [("max 100000", 8), ("100000 100000", 1), ("350000 100000", 3), ("50000 100000", 1)]
)
def test_a_quota_of_a_unified_hierarchy(unlimited: Path, quota: str, cores: int) -> None:
    groups(unlimited, "0::/job/step\n", job__step__cpu_of_max="max 100000", job__cpu_of_max=quota)
    assert resources.cores() == cores


@pytest.mark.parametrize(("quota", "cores"), [("-1", 8), ("200000", 2)])
def test_a_quota_of_a_hierarchy_of_its_own(unlimited: Path, quota: str, cores: int) -> None:
    membership = "2:cpu,cpuacct:/docker/abc\n1:memory:/docker/abc\n0::/\n"  # as its host sees it: here it is the root
    groups(unlimited, membership, cpu__cpu_of_cfs_quota_us=quota, cpu__cpu_of_cfs_period_us="100000")
    assert resources.cores() == cores


def test_a_limit_of_memory_in_either_hierarchy(unlimited: Path) -> None:
    groups(unlimited, "0::/../elsewhere\n", memory_of_max=str(2**28))
    assert resources.memory() == 2**28
    groups(unlimited, "1:memory:/job\n", memory__job__memory_of_limit_in_bytes=str(2**27))
    assert resources.memory() == 2**27
    groups(unlimited, "1:memory:/job\n", memory__job__memory_of_limit_in_bytes="9223372036854771712")
    assert resources.memory() > 2**28


def test_what_slurm_gives_a_task(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_CPUS_ON_NODE", "4")
    assert resources.cores() == 4
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", "2")
    monkeypatch.setenv("SLURM_MEM_PER_CPU", "100")
    assert resources.cores() == 2
    assert resources.memory() == 200 * 2**20
    monkeypatch.setenv("SLURM_MEM_PER_NODE", "64")
    assert resources.memory() == 64 * 2**20


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system binds no process to cores")
def test_a_process_that_is_bound_to_a_core_has_one() -> None:
    code = "import os; os.sched_setaffinity(0, [min(os.sched_getaffinity(0))]); "
    code += "from hetsnn.resources import cores; print(cores())"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "1\n"


def test_compiled_programs_are_found_again_where_their_folder_has_moved(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
import jax, jax.numpy as jnp
from hetsnn.sweeps import devices
devices.prepare(Path(sys.argv[1]))
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
jax.jit(lambda x: jnp.sin(x) * 3)(jnp.ones(7)).block_until_ready()
print(*sorted(path.name for path in Path(sys.argv[1]).glob("jit__lambda*-cache")))
"""
    names = [
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / folder)], capture_output=True, text=True, check=True
        ).stdout
        for folder in ("here", "there")
    ]
    assert names[0] == names[1] != "\n"


def test_cpu_time_includes_that_of_children_that_have_ended() -> None:
    before = resources.cpu_seconds()
    burn = "import time\nwhile time.process_time() < 0.5: pass"
    subprocess.run([sys.executable, "-c", burn], check=True)
    assert 0.4 <= resources.cpu_seconds() - before < 5  # the system counts in hundredths
