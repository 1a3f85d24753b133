"""The README's commands run, and its map names every module."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from search_api.cli import app

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
COMMANDS = [
    line.strip().removeprefix("$ ")
    for line in README.splitlines()
    if re.match(r"\s{4}(\$ )?bureau (search|ask)", line)
]


@pytest.mark.parametrize("command", COMMANDS)
def test_command_of_the_readme_runs(command, corpus_index):
    words = shlex.split(command, comments=True)[1:]
    if "--index" in words:  # the reader's own reports: here, the bundled ones
        at = words.index("--index")
        del words[at : at + 2]
    done = subprocess.run(
        [sys.executable, "-m", "search_api.cli", *words, "--index", str(corpus_index)],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "module",
    [p for package in ("indexer", "search_api") for p in sorted((ROOT / package).glob("*.py"))],
    ids=lambda p: p.name,
)
def test_the_map_names_every_module(module):
    assert module.name == "__init__.py" or f"{module.name}`" in README


VERBS = [
    *(command.name or command.callback.__name__ for command in app.registered_commands),
    *(group.name for group in app.registered_groups),
]


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_documented(verb):
    assert f"`bureau {verb}" in README


def test_example_output_of_the_readme_is_real(corpus_index):
    shown = re.search(r"<!-- example: ask -->\n+(.*?)<!-- end -->", README, re.S)[1]
    lines = [line[4:] for line in shown.splitlines()]
    command = next(line for line in lines if line.startswith("$ "))
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "search_api.cli",
            *shlex.split(command)[2:],
            "--index",
            str(corpus_index),
        ],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    expected = [line for line in lines[lines.index(command) + 1 :] if line.strip()]
    printed = [line for line in done.stdout.splitlines() if line.strip()]
    assert expected == printed
