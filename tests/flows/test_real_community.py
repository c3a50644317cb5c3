"""A real community's first months, by its own rules, to the last point."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.real import DATA, GROWN


@pytest.mark.slow
@pytest.mark.skipif(not DATA.is_dir(), reason="the real data stand beside the checkout, not in it")
def test_reputations_of_2018_are_reproduced():
    env = {name: value for name, value in os.environ.items() if name not in ("DATA_DIR", "DATABASE_URL")}

    done = subprocess.run([sys.executable, "-m", "tests.real"], capture_output=True, text=True, check=False, env=env)

    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert (found["exact"], found["exact_with_association_bonus"], found["member_409"]) == (142, 1667, 5102)
    assert found["nice_question"] == [145, 145]
    assert found["ledger"] == "ok"
    assert {name: found[name] for name in GROWN} == GROWN
