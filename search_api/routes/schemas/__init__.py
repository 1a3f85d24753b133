"""The shapes of answers, for the documentation: nothing is checked against them as it is sent.

A test holds what the interface really answers against them.
"""

from __future__ import annotations

from search_api.routes.schemas.answers import Answer
from search_api.routes.schemas.asked import Comparison, FacetList, SearchPage
from search_api.routes.schemas.common import Problem
from search_api.routes.schemas.held import (
    Coverage,
    Glosses,
    Health,
    PassageInFull,
    Readiness,
    ReportInFull,
    ReportList,
    Uploaded,
    Verdicts,
)

__all__ = [
    "Answer",
    "Comparison",
    "Coverage",
    "FacetList",
    "Glosses",
    "Health",
    "PassageInFull",
    "Problem",
    "Readiness",
    "ReportInFull",
    "ReportList",
    "SearchPage",
    "Uploaded",
    "Verdicts",
]
