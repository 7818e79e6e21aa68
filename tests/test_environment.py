"""The lock and what is generated from it."""

from __future__ import annotations

import re

from findings.environment import ROOT, conda_environment


def test_the_conda_environment_is_the_lock():
    lock = (ROOT / "envs" / "run.txt").read_text(encoding="utf-8")
    assert (ROOT / "envs" / "run.yaml").read_text(encoding="utf-8") == conda_environment(lock)


def test_every_locked_package_has_a_hash_and_no_address():
    for name in ("run.txt", "test.txt"):
        lock = (ROOT / "envs" / name).read_text(encoding="utf-8")
        packages = re.split(r"\n(?=[a-z0-9])", lock.strip())
        assert len(packages) > 50
        assert all("--hash=sha256:" in package for package in packages if not package.startswith("#"))
        assert "http" not in lock
