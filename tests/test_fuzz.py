"""Thousands of generated requests, sound and broken, against the real application: no 5xx.

The cases are the same in every run. Every answer must besides have a status, a content type and
a form that are documented.
"""

import shutil
from collections import Counter

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from indexer.store import Index
from search_api.app import create_app
from search_api.engine import Engine

EXAMPLES = 200  # for each operation
LEAST = 2000
OPERATIONS = 17
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
cases, statuses = Counter(), Counter()


@pytest.fixture(scope="module")
def operations(corpus_index, embedder, tmp_path_factory):
    """All operations of the application over a copy of the index of the five reports."""
    copy = tmp_path_factory.mktemp("fuzzed") / "index"
    shutil.copytree(corpus_index, copy)
    app = create_app(Engine(Index.open(copy), embedder), hosts=["testserver"], uploads=True)
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    return [found.ok() for found in schema.get_all_operations()]


@pytest.mark.parametrize("number", range(OPERATIONS))
def test_no_request_breaks_the_server(operations, number):
    operation = operations[number]
    modes = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)

    @given(case=st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in modes)))
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def run(case):
        response = case.call()
        cases[operation.label] += 1
        statuses[response.status_code] += 1
        case.validate_response(response, checks=CHECKS)

    run()


def test_there_were_enough_cases_of_both_kinds():
    print(sum(cases.values()), "cases;", dict(cases), dict(statuses))
    assert len(cases) == OPERATIONS
    assert sum(cases.values()) >= LEAST
    assert statuses[200] >= LEAST / 10
    assert statuses[422] >= LEAST / 10
