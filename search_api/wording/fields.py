"""Wordings as plain fields, for the interface, and as rows, for a table in a file."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher

from search_api.fields import Fields
from search_api.wording.formulations import Cluster, Part, Variant, Wording
from search_api.wording.places import Instance
from search_api.wording.scope import Usage
from search_api.wording.shares import SentenceShare
from search_api.wording.top import Top

SAME, ADDED, MISSING = "same", "added", "missing"


def wording_fields(found: Wording) -> Fields:
    """A draft and what is printed like it."""
    return {
        "query": found.text,
        "bureaus": found.bureaus,
        "reports": found.reports,
        "parts": [part_fields(part) for part in found.parts],
    }


def part_fields(part: Part) -> Fields:
    """A part of the draft with its clusters."""
    return {
        "text": part.text,
        "start": part.start,
        "end": part.end,
        "whole": part.whole,
        "clusters": [cluster_fields(cluster) for cluster in part.clusters],
        "more_clusters": part.more_clusters,
    }


def cluster_fields(cluster: Cluster) -> Fields:
    """A cluster; its first variant represents it."""
    first = cluster.variants[0]
    fuller = cluster.fuller
    return {
        "text": first.text,
        **usage_fields(cluster.usage),
        "fuller": {"text": fuller.text, "bureaus": fuller.bureaus} if fuller else None,
        "variants": [variant_fields(variant, first) for variant in cluster.variants],
        "more_variants": cluster.more_variants,
    }


def variant_fields(variant: Variant, first: Variant) -> Fields:
    """A wording, marked where it differs from the one that represents its cluster."""
    return {
        "text": variant.text,
        "similarity": round(variant.similarity, 2),
        "differences": [list(pair) for pair in differences(first.text, variant.text)],
        **usage_fields(variant.usage),
        "instances": [instance_fields(instance) for instance in variant.instances],
        "more_instances": variant.usage.occurrences - len(variant.instances),
    }


def usage_fields(usage: Usage) -> Fields:
    """Who prints a wording, and since when."""
    return {
        "bureaus": usage.bureaus,
        "reports": usage.reports,
        "occurrences": usage.occurrences,
        "first": usage.first,
        "last": usage.last,
    }


def instance_fields(instance: Instance) -> Fields:
    """One place where a wording is printed, with what cites it."""
    meta = instance.meta
    return {
        "report_id": meta.id,
        "title": meta.title,
        "issuer": meta.issuer,
        "region": meta.region.name,
        "year": meta.year,
        "heading_path": list(instance.path),
        "role": str(instance.role),
        "page": instance.page,
        "text": instance.text,
        "start": instance.start,
        "end": instance.end,
        "sha256": instance.sha256,
        "before": instance.before,
        "after": instance.after,
        "citation": instance.citation,
    }


def differences(one: str, other: str) -> Iterator[tuple[str, str]]:
    """(kind, text) in order: what both say, what only ``other`` adds, what it leaves out."""
    for kind, a, b, c, d in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if kind == "equal":
            yield SAME, one[a:b]
            continue
        if b > a:
            yield MISSING, one[a:b]
        if d > c:
            yield ADDED, other[c:d]


def top_fields(found: Top) -> Fields:
    """The most shared formulations."""
    return {
        "bureaus": found.bureaus,
        "reports": found.reports,
        "total": found.total,
        "formulations": [
            {
                "text": form.text,
                **usage_fields(form.usage),
                "instance": instance_fields(form.instance),
            }
            for form in found.forms
        ],
    }


def share_fields(shares: list[SentenceShare], others: int) -> Fields:
    """The sentences of a report with their shares."""
    return {
        "other_bureaus": others,
        "sentences": [
            {
                "start": sentence.start,
                "end": sentence.end,
                "share": None if sentence.share is None else round(sentence.share, 4),
                "level": sentence.level,
            }
            for sentence in shares
        ],
    }


def wording_rows(found: Wording) -> list[Fields]:
    """A flat row for every instance that was found, in the order of the draft."""
    return [
        {
            "part": part.text,
            "cluster": number,
            "wording": cluster.variants[0].text,
            **who(cluster.usage, found.bureaus),
            "similarity": round(variant.similarity, 2),
            **placed(instance),
        }
        for part in found.parts
        for number, cluster in enumerate(part.clusters, 1)
        for variant in cluster.variants
        for instance in variant.instances
    ]


def top_rows(found: Top) -> list[Fields]:
    """A flat row for every formulation."""
    return [
        {
            "wording": form.text,
            **who(form.usage, found.bureaus),
            "occurrences": form.usage.occurrences,
            **placed(form.instance),
        }
        for form in found.forms
    ]


def who(usage: Usage, of: int) -> Fields:
    """Usage in columns, with the bureaus that it is counted of."""
    return {
        "bureaus": usage.bureaus,
        "of_bureaus": of,
        "first": usage.first,
        "last": usage.last,
    }


def placed(instance: Instance) -> Fields:
    """An instance in columns."""
    fields = instance_fields(instance)
    names = ("issuer", "region", "year", "heading_path", "report_id", "start", "end", "text")
    return {name: fields[name] for name in (*names, "sha256", "citation")}
