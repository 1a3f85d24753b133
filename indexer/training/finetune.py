"""Fine-tuning of the transplanted model on the groups; seeded and resumable.

Each batch pulls four queries to both passages of their group and away from the other
groups', the two passages to each other, and Chinese texts to where MiniLM puts their
English translation. Lexicon words are pulled to their glosses likewise, so that words
which no group contains keep moving with the rest.
"""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import Parameter
from transformers import BertModel

from indexer.training.augment import augment, gloss_query, known_words
from indexer.training.batches import Encoder, epoch_order, nearest
from indexer.training.data import (
    Entry,
    Group,
    minilm_folder,
    read_everyday,
    read_lexicon,
    read_terms,
)
from indexer.training.losses import contrastive, distil, twins
from indexer.training.transplant import save_sentence_transformer

log = logging.getLogger(__name__)

KEEP_EVERY = 20  # steps between checkpoints
KINDS = 5  # queries per group: zq, zk, eq, ek, and glosses of the passages' words


@dataclass(frozen=True)
class Recipe:
    """What decides the outcome of a run, apart from the data."""

    seed: int = 1
    epochs: int = 4
    batch: int = 64  # groups
    body_rate: float = 4e-4
    word_rate: float = 2e-3
    temperature: float = 0.05
    max_tokens: int = 192
    companions: int = 3  # similar groups put into the same batch with each group
    clash: float = 0.75  # MiniLM similarity above which groups are no negatives
    translations: int = 16  # translations a batch embeds to keep English in place
    words: int = 128  # lexicon entries a batch embeds
    distil_weight: float = 2.0
    average: float = 0.98  # decay of the weights' running average, per step


@dataclass(frozen=True)
class Batch:
    """What one step embeds."""

    groups: list[int]  # indices of its groups
    translated: list[int]  # positions in `groups` whose translation is embedded
    entries: list[int]  # indices of its lexicon entries
    texts: list[str]  # all a, all b, each kind of query, translations, words


@dataclass(frozen=True)
class Teacher:
    """MiniLM's embeddings of the English texts, of unit length."""

    passages: Tensor  # [groups, width] of `ea`
    questions: Tensor  # [groups, width] of `eq`
    words: Tensor  # [entries, width] of the glosses


def load_body(folder: Path) -> BertModel:
    """The BERT body in a sentence-transformers folder, on the best device."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = BertModel.from_pretrained(folder, add_pooling_layer=False)
    model.to(torch.device(device))  # type: ignore[arg-type]
    return model


def load_encoder(folder: Path, *, max_tokens: int) -> Encoder:
    """Model and tokenizer of a sentence-transformers folder."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    return Encoder(load_body(folder), tokenizer, max_tokens=max_tokens)


@torch.no_grad()
def ask_teacher(groups: Sequence[Group], entries: Sequence[Entry]) -> Teacher:
    """Embed the English side once with the original MiniLM."""
    encoder = load_encoder(minilm_folder(), max_tokens=256)
    encoder.model.eval()  # type: ignore[no-untyped-call]
    glosses = ["; ".join(entry.glosses[:2]) for entry in entries]
    return Teacher(
        passages=encoder.embed([g.ea for g in groups]),
        questions=encoder.embed([g.eq for g in groups]),
        words=encoder.embed(glosses),
    )


class Run:
    """One fine-tuning run and everything its checkpoint holds."""

    def __init__(self, recipe: Recipe, start: Path, work: Path, groups: Sequence[Group]) -> None:
        self.recipe = recipe
        self.work = work
        self.groups = list(groups)
        self.entries = read_lexicon() + read_terms() + read_everyday()
        self.known = known_words([g.a + g.b for g in self.groups], self.entries)
        self.encoder = load_encoder(start, max_tokens=recipe.max_tokens)
        self.teacher = ask_teacher(self.groups, self.entries)
        self.alike = self.teacher.passages @ self.teacher.passages.T
        self.near = nearest(self.alike, 12)
        self.optimizer = self._make_optimizer()
        self.averaged = {k: v.clone() for k, v in self.encoder.model.state_dict().items()}
        self.step = 0
        self.steps_per_epoch = len(self.groups) // recipe.batch

    @property
    def last_step(self) -> int:
        """Number of steps of the whole run."""
        return self.steps_per_epoch * self.recipe.epochs

    def _make_optimizer(self) -> torch.optim.AdamW:
        words: list[Parameter] = []
        body: list[Parameter] = []
        for name, parameter in self.encoder.model.named_parameters():
            (words if "word_embeddings" in name else body).append(parameter)
        groups: list[dict[str, Any]] = [
            {"params": words, "lr": self.recipe.word_rate, "weight_decay": 0.0},
            {"params": body, "lr": self.recipe.body_rate, "weight_decay": 0.01},
        ]
        for group in groups:
            group["rate"] = group["lr"]
        return torch.optim.AdamW(groups, fused=True)

    def save(self) -> None:
        """Write the checkpoint, whole or not at all."""
        state = {
            "recipe": asdict(self.recipe),
            "step": self.step,
            "model": self.encoder.model.state_dict(),
            "averaged": self.averaged,
            "optimizer": self.optimizer.state_dict(),
        }
        partial = self.work / "checkpoint.partial"
        torch.save(state, partial)
        partial.replace(self.work / "checkpoint.pt")

    def load(self) -> None:
        """Continue from the checkpoint, if there is one.

        :raises ValueError: if the checkpoint was made with another recipe
        """
        path = self.work / "checkpoint.pt"
        if not path.exists():
            return
        state = torch.load(path, weights_only=True, map_location=self.encoder.model.device)
        if state["recipe"] != asdict(self.recipe):
            raise ValueError(f"{path} was made with another recipe; choose another --work")
        self.encoder.model.load_state_dict(state["model"])
        self.averaged = state["averaged"]
        self.optimizer.load_state_dict(state["optimizer"])
        self.step = state["step"]
        log.info("continuing at step %d of %d", self.step, self.last_step)

    def export(self, folder: Path) -> None:
        """Write the averaged weights as a sentence-transformers folder."""
        model = BertModel(self.encoder.model.config, add_pooling_layer=False)
        model.load_state_dict(self.averaged)
        tokenizer = Tokenizer.from_file(str(self.work / "tokenizer.json"))
        save_sentence_transformer(model, tokenizer, folder)

    def _picked(self) -> list[int]:
        epoch, position = divmod(self.step, self.steps_per_epoch)
        order = epoch_order(
            self.near, companions=self.recipe.companions, seed=self.recipe.seed * 1000 + epoch
        )
        return order[position * self.recipe.batch : (position + 1) * self.recipe.batch]

    def _batch(self) -> Batch:
        """The current step's batch, with noise that depends on seed and step alone."""
        recipe = self.recipe
        rng = Random(recipe.seed * 1_000_003 + self.step)  # noqa: S311
        picked = self._picked()
        noisy = [augment(rng, self.groups[i]) for i in picked]
        translated = rng.sample(range(len(picked)), min(recipe.translations, len(picked)))
        entries = rng.sample(range(len(self.entries)), recipe.words)
        texts = [g.a for g in noisy] + [g.b for g in noisy]
        texts += [query for kind in zip(*(g.queries for g in noisy), strict=True) for query in kind]
        texts += [gloss_query(rng, self.known[i]) for i in picked]
        texts += [noisy[i].ea for i in translated]
        texts += [self.entries[i].word for i in entries]
        return Batch(picked, translated, entries, texts)

    def loss(self) -> dict[str, Tensor]:
        """The losses of the current step's batch, by name."""
        batch = self._batch()
        n = len(batch.groups)
        sizes = [n, n, KINDS * n, len(batch.translated), len(batch.entries)]
        embedded = torch.split(self.encoder.embed(batch.texts), sizes)
        a, b, queries, translated, lexical = embedded
        asked = queries.reshape(KINDS, n, -1)
        clash = self.alike[batch.groups][:, batch.groups] > self.recipe.clash
        clash.fill_diagonal_(False)
        passages = self.teacher.passages[batch.groups]
        questions = self.teacher.questions[batch.groups]
        distance = (
            distil(a, passages)
            + distil(b, passages) / 2
            + distil(translated, passages[batch.translated])
            + distil(lexical, self.teacher.words[batch.entries])
            + distil(asked[0], questions) / 2
            + distil(asked[2], questions) / 2
        )
        heat = self.recipe.temperature
        return {
            "search": contrastive(asked, torch.stack([a, b]), clash, temperature=heat),
            "twins": twins(a, b, clash, temperature=heat) / 2,
            "languages": twins(asked[0], asked[2], clash, temperature=heat) / 4,
            "distil": self.recipe.distil_weight * distance / 4,
        }

    def advance(self) -> dict[str, float]:
        """One step; returns the losses by name."""
        torch.manual_seed(self.recipe.seed * 1_000_003 + self.step)
        progress = self.step / self.last_step
        factor = min(1.0, (self.step + 1) / (0.06 * self.last_step))
        factor *= 0.03 + 0.97 * (1 + math.cos(math.pi * progress)) / 2
        for group in self.optimizer.param_groups:
            group["lr"] = group["rate"] * factor
        losses = self.loss()
        self.optimizer.zero_grad(set_to_none=True)
        torch.stack(list(losses.values())).sum().backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.encoder.model.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        decay = min(self.recipe.average, self.step / (self.step + 10))
        with torch.no_grad():
            for name, value in self.encoder.model.state_dict().items():
                self.averaged[name].lerp_(value, 1 - decay)
        return {name: value.item() for name, value in losses.items()}


def finetune(recipe: Recipe, start: Path, work: Path, groups: Sequence[Group]) -> Path:
    """Run to the end, or on from the last checkpoint; returns the last epoch's folder."""
    work.mkdir(parents=True, exist_ok=True)
    (work / "tokenizer.json").write_bytes((start / "tokenizer.json").read_bytes())
    (work / "recipe.json").write_text(json.dumps(asdict(recipe), indent=1), encoding="utf-8")
    run = Run(recipe, start, work, groups)
    run.load()
    run.encoder.model.train()
    folder = work / f"epoch-{recipe.epochs}"
    while run.step < run.last_step:
        began = time.monotonic()
        losses = run.advance()
        shown = " ".join(f"{name} {value:.3f}" for name, value in losses.items())
        log.info("step %d/%d %s %.1fs", run.step, run.last_step, shown, time.monotonic() - began)
        epoch, rest = divmod(run.step, run.steps_per_epoch)
        if rest == 0:
            folder = work / f"epoch-{epoch}"
            run.export(folder)
        if rest == 0 or run.step % KEEP_EVERY == 0:
            run.save()
    return folder
