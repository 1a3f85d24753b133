"""Runs of bureau fetch in this process, for its tests."""

from dataclasses import replace

from indexer.fetch.addresses import Network
from indexer.fetch.client import origin_of, parse_url
from indexer.fetch.ledger import load_ledger
from indexer.fetch.lists import Entry
from indexer.fetch.run import Manners, fetch_all
from indexer.fetch.shapes import Limits

LIMITS = Limits(size=100_000, back_off=0.05, patience=3)
SHORT = replace(LIMITS, silence=1, total=2)


def fetch(urls, into, *, network=None, limits=LIMITS, **manners):
    """url -> outcome of a run in this process."""
    entries = [Entry(parse_url(url)) for url in urls]
    network = network or Network.from_origins(origin_of(url) for url in urls)
    manners = Manners(**{"delay": 0, "limits": limits, **manners})
    found = list(fetch_all(entries, into, manners, network))
    assert len(found) == len({outcome.url for outcome in found}) == len(entries)
    ledger = load_ledger(into)
    for outcome in found:
        row = ledger[outcome.url]
        assert (row.status, row.reason, row.file) == (outcome.status, outcome.reason, outcome.file)
    return {outcome.url: outcome for outcome in found}


def fetch_one(url, into, **options):
    return fetch([url], into, **options)[parse_url(url)]


def files_in(folder):
    return sorted(path.name for path in folder.iterdir() if path.name != "fetched.csv")


def pretend(**hosts):
    """A network in which names have loopback addresses, and all but 127.0.0.1 count as public."""
    return Network(
        look_up=lambda host, port: [hosts[host.partition(".")[0]]],
        public=lambda address: address != "127.0.0.1",
    )
