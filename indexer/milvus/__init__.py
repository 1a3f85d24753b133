"""The index on Milvus, for more than one machine: the same interface as `indexer.store.Index`.

address.py   milvus://host:port/collection, and what else an address may look like
client.py    pymilvus (its only importer): time limits, retries, errors in our words
layout.py    the two collections of a generation and the numbers by which rows are known
scoring.py   BM25 from sparse vectors, as `indexer.lexical` scores
keeping.py   records (reports, ledger, word counts) in the second collection
rows.py      passages and vectors -> rows
building.py  the pipeline, in batches that a killed build takes up again
publishing.py whoever ends the last shard adds up what all found and switches the alias
catalogue.py what a generation holds of its reports, counts, texts and the ledger
index.py     reading: `MilvusIndex`
"""
