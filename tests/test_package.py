"""What is installed from a built wheel works without the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder with the unpacked wheel, as pip would lay it out."""
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", out],
        check=True,
        capture_output=True,
        cwd=ROOT,
    )
    site = tmp_path_factory.mktemp("site")
    zipfile.ZipFile(next(out.glob("*.whl"))).extractall(site)
    return site


def run(installed, cwd, *args):
    env = {**os.environ, "PYTHONPATH": str(installed), "PYTHONUTF8": "1", "BUREAU_LANG": "en"}
    return subprocess.run(
        [sys.executable, "-P", "-m", "search_api.cli", *args],
        capture_output=True,
        encoding="utf-8",
        cwd=cwd,
        env=env,
        check=False,
    )


def test_the_wheel_indexes_its_corpus_and_searches(installed, tmp_path):
    done = run(installed, tmp_path, "index")
    assert "5 reports, 93 passages, 0 skipped, 0 failed" in done.stderr
    done = run(installed, tmp_path, "search", "repeated petitioning", "--json")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 5


def test_the_wheel_holds_page_lexicon_and_model(installed):
    for name in (
        "web/index.html",
        "indexer/bundled/model/model.onnx",
        "corpus/corpus.csv",
        "indexer/bundled/lexicon/terms.tsv",
        "indexer/bundled/stopwords.txt",
    ):
        assert (installed / name).is_file(), name


def test_the_modules_come_from_the_wheel(installed, tmp_path):
    code = "import indexer, search_api.app as a; print(indexer.__file__); print(a.WEB)"
    env = {**os.environ, "PYTHONPATH": str(installed)}
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        capture_output=True,
        encoding="utf-8",
        cwd=tmp_path,
        env=env,
        check=True,
    )
    assert all(line.startswith(str(installed)) for line in done.stdout.split())


def test_every_pin_satisfies_the_project():
    import tomllib

    from packaging.requirements import Requirement

    pins = {}
    for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines():
        if "==" in line:
            name, _, version = line.partition("==")
            pins[name.lower().replace("_", "-")] = version
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = project["dependencies"] + sum(project["optional-dependencies"].values(), [])
    for requirement in map(Requirement, wanted):
        assert requirement.specifier.contains(pins[requirement.name.lower().replace("_", "-")])
    assert pins["torch"] == "2.13.0"
