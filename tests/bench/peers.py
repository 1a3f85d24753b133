"""How fast txtai, haystack and chroma index the same texts with all-MiniLM-L6-v2.

This file is run by the interpreter of the libraries' own virtual environment and imports
nothing of this project: ``python peers.py PEER TEXTS.json MODEL_FOLDER INDEX_FOLDER`` prints one
line of JSON with the seconds, and the processor's, from texts in memory to an index on disk.
Imports and the loading of the model are not counted. Each is set up as its documentation shows
for a search by meaning and, where it has one on this machine, by words. What to install:
`INSTALL`.
"""

import json
import os
import sys
from pathlib import Path
from time import perf_counter

INSTALL = (
    *("torch", "sentence-transformers", "txtai", "chromadb", "haystack-ai"),
    "sentence-transformers-haystack",
)
OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "ANONYMIZED_TELEMETRY": "False",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
}
LONGEST = 256  # word pieces, as the model was made for
AT_ONCE = 2000  # texts handed to chroma in one call


class Txtai:
    """Vectors by faiss, BM25, texts in SQLite."""

    def __init__(self, model):
        from txtai import Embeddings

        options = {"path": model, "hybrid": True, "content": True, "maxlength": LONGEST}
        self.embeddings = Embeddings({**options, "gpu": False})

    def build(self, texts, folder):
        self.embeddings.index((str(n), text, None) for n, text in enumerate(texts))
        self.embeddings.save(str(folder / "index"))


class Haystack:
    """The store in memory, saved as JSON; its BM25 figures are made when it is opened."""

    def __init__(self, model):
        from haystack import Document
        from haystack.document_stores.in_memory import InMemoryDocumentStore
        from haystack.utils import ComponentDevice
        from haystack_integrations.components.embedders.sentence_transformers import (
            SentenceTransformersDocumentEmbedder,
        )

        self.document = Document
        self.store = InMemoryDocumentStore(embedding_similarity_function="cosine")
        device = ComponentDevice.from_str("cpu")
        self.embedder = SentenceTransformersDocumentEmbedder(
            model=model, device=device, progress_bar=False, normalize_embeddings=True
        )
        if hasattr(self.embedder, "warm_up"):
            self.embedder.warm_up()

    def build(self, texts, folder):
        documents = [self.document(id=str(n), content=text) for n, text in enumerate(texts)]
        self.store.write_documents(self.embedder.run(documents)["documents"])
        self.store.save_to_disk(str(folder / "store.json"))


class Chroma:
    """Vectors by HNSW, texts in SQLite; no search by words on one machine."""

    def __init__(self, model):
        import chromadb
        from chromadb.config import Settings
        from chromadb.utils.embedding_functions import SentenceTransformerEmbeddingFunction

        self.client = chromadb.PersistentClient
        self.settings = Settings(anonymized_telemetry=False)
        self.embed = SentenceTransformerEmbeddingFunction(model_name=model, device="cpu")

    def build(self, texts, folder):
        client = self.client(str(folder), settings=self.settings)
        space = {"hnsw": {"space": "cosine"}}
        options = {"embedding_function": self.embed, "configuration": space}
        made = client.create_collection("texts", **options)
        for start in range(0, len(texts), AT_ONCE):
            part = texts[start : start + AT_ONCE]
            made.add(ids=[str(start + n) for n in range(len(part))], documents=part)


PEERS = {"txtai": Txtai, "haystack": Haystack, "chroma": Chroma}


def main(arguments):
    """Index the texts with one peer and print the seconds."""
    name, texts, model, folder = arguments
    os.environ.update(OFFLINE)
    peer = PEERS[name](model)
    given = json.loads(Path(texts).read_text("utf-8"))
    started, before = perf_counter(), sum(os.times()[:4])
    peer.build(given, Path(folder))
    spent = {"seconds": perf_counter() - started, "processor": sum(os.times()[:4]) - before}
    print(json.dumps(spent), flush=True)
    os._exit(0)  # threads that a library left behind are not waited for


if __name__ == "__main__":
    main(sys.argv[1:])
