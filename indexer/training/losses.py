"""Contrastive and distillation losses over the embeddings of one batch of groups."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def contrastive(queries: Tensor, passages: Tensor, clash: Tensor, *, temperature: float) -> Tensor:
    """Cross-entropy both ways between every kind of query and both passages.

    queries:  [kinds, N, width]   passages: [2, N, width]   all of unit length
    clash:    [N, N] bool, True where two different groups are too alike to be negatives

    Both passages of a group are positives of each of its queries: each is scored against
    the other groups' passages, never against its twin.
    """
    n = queries.shape[1]
    similarity = torch.einsum("kid,pjd->kipj", queries, passages) / temperature
    similarity = similarity.masked_fill(clash[None, :, None, :], -1e4)
    own = torch.arange(n, device=queries.device)
    positive = similarity[:, own, :, own].permute(1, 2, 0)  # [kinds, 2, N]
    eye = torch.eye(n, dtype=torch.bool, device=queries.device)
    negative = similarity.masked_fill(eye[None, :, None, :], -1e4)
    rest = negative.flatten(2).logsumexp(dim=2)  # [kinds, N] over the 2N - 2 others
    to_passage = torch.logaddexp(positive, rest[:, None, :]) - positive
    to_query = similarity.logsumexp(dim=1) - positive  # over N queries
    return (to_passage.mean() + to_query.mean()) / 2


def twins(a: Tensor, b: Tensor, clash: Tensor, *, temperature: float) -> Tensor:
    """Cross-entropy both ways between two aligned sets: [N, width] each."""
    similarity = (a @ b.T / temperature).masked_fill(clash, -1e4)
    own = torch.arange(len(a), device=a.device)
    return (F.cross_entropy(similarity, own) + F.cross_entropy(similarity.T, own)) / 2


def distil(student: Tensor, teacher: Tensor) -> Tensor:
    """Mean cosine distance to the teacher: [N, width] each."""
    return 1.0 - F.cosine_similarity(student, teacher, dim=-1).mean()
