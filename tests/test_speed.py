"""Figures that users feel, held with room for a busy machine; `indexer.bench` has the rest."""

import subprocess
import sys

import pytest

from indexer.bench import BUREAU, QUESTION, Figure, peak_of_search, seconds


@pytest.mark.speed
def test_help_is_quick():
    assert any(seconds(*BUREAU, "--help", rounds=5) <= 0.3 for _ in range(3))


@pytest.mark.speed
def test_cold_search_takes_a_fraction_of_importing_sentence_transformers(corpus_index):
    def is_quick():
        search = seconds(*BUREAU, "search", QUESTION, "--index", str(corpus_index), rounds=5)
        return search <= 0.15 * seconds("-c", "import sentence_transformers", rounds=3)

    assert any(is_quick() for _ in range(3))  # other work on the machine comes and goes


def test_cold_search_imports_no_torch_and_stays_small(corpus_index):
    peak = peak_of_search(str(corpus_index))
    assert peak["torch"] is False
    assert peak["peak"] <= 250


def test_cold_search_loads_no_reader_and_no_server(corpus_index):
    code = (
        "import sys, runpy\n"
        f"sys.argv = ['bureau', 'search', '信访', '--no-expand', '--index',"
        f" {str(corpus_index)!r}]\n"
        "try: runpy.run_module('search_api.cli', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "heavy = {'pdfplumber', 'jieba', 'cnloc', 'pandas', 'fastapi', 'torch', 'transformers'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True
    )
    assert done.stderr.strip() == "[]"


def test_a_missed_limit_is_seen():
    assert Figure("x", 2, 1, "s").kept is False
    assert "MISSED" in str(Figure("x", 2, 1, "s"))
