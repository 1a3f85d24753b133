"""The command line as a child process, for the tests of its verbs."""

import os
import subprocess
import sys


def run_bureau(*args, index=None, given=None, **env):
    """A finished `bureau` with its output as text; ``given`` is what it reads from stdin."""
    command = [sys.executable, "-m", "search_api.cli", *map(str, args)]
    if index:
        command += ["--index", str(index)]
    return subprocess.run(
        command,
        input=given,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "BUREAU_LANG": "en", "PYTHONUTF8": "1", **env},
        timeout=120,
        check=False,
    )


def assert_refused(done, *words):
    """One sentence on stderr that holds ``words``, nothing on stdout, exit status 2."""
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    for word in words:
        assert word in done.stderr
