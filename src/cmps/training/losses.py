"""The five terms of the paper's loss (eq. 1) and the terms that we add beside them.

Every term is a plain function of tensors that can be weighted or switched off from a config, and
is tested against a value worked out by hand or by an independent formula.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def identity_loss(logits: Tensor, people: Tensor, smoothing: float = 0.1) -> Tensor:
    """L_CT and L_CI: cross-entropy of predicted identities.

    Args:
        logits: ``(B, people)``.
        people: ``(B,)`` identity numbers; -1 is left out.
        smoothing: Part of the target spread over all identities.
    """
    if not bool((people >= 0).any()):
        return logits.sum() * 0
    return functional.cross_entropy(logits, people, ignore_index=-1, label_smoothing=smoothing)


def balance_loss(text_logits: Tensor, image_logits: Tensor) -> Tensor:
    """L_ABS (eq. 2): E[Σᵢ P_T·|P_T − P_I| + Σᵢ P_I·|P_I − P_T|].

    Args:
        text_logits: ``(B, people)``; P_T is their softmax.
        image_logits: ``(B, people)`` of the same pairs; P_I is their softmax.
    """
    text, image = text_logits.softmax(1), image_logits.softmax(1)
    return ((text + image) * (text - image).abs()).sum(1).mean()


def triplet_loss(anchors: Tensor, others: Tensor, same: Tensor, margin: float = 0.2) -> Tensor:
    """L_triplet: the hardest right one must be nearer than the hardest wrong one, by a margin.

    Args:
        anchors: ``(B, d)`` unit vectors of one modality.
        others: ``(C, d)`` unit vectors of the other.
        same: ``(B, C)``, True where both show the same person.
        margin: In cosine.
    """
    return ranking_loss(1 - anchors @ others.T, same, margin)


def ranking_loss(distances: Tensor, same: Tensor, margin: float) -> Tensor:
    """Hinge on hardest right against hardest wrong, over rows that have both.

    Args:
        distances: ``(B, C)``.
        same: ``(B, C)`` bool.
        margin: In the distance's unit.
    """
    right = distances.masked_fill(~same, -torch.inf).amax(1)
    wrong = distances.masked_fill(same, torch.inf).amin(1)
    usable = right.isfinite() & wrong.isfinite()
    if not bool(usable.any()):
        return distances.sum() * 0
    return (right[usable] - wrong[usable] + margin).clamp_min(0).mean()


def reconstruction_distances(
    probes: Tensor, weights: Tensor, galleries: Tensor, beta: float = 0.1
) -> Tensor:
    """FPR distances of every probe to every gallery item (He et al., ICCV 2019, eq. 2–6).

    With Y's cells as columns, W = (YᵀY + βI)⁻¹YᵀX, eₙ = ‖xₙ − Ywₙ‖², and the distance is
    Σ pₙeₙ / Σ pₙ. For unit xₙ and sₙ = Yᵀxₙ the error is eₙ = 1 − sₙᵀwₙ − β‖wₙ‖², which needs no
    product in d dimensions beyond sₙ.

    Args:
        probes: ``(B, n, d)`` unit local vectors (image cells or words).
        weights: ``(B, n)`` foreground probability, or a word's attention.
        galleries: ``(C, m, d)`` unit local vectors.
        beta: Ridge weight.

    Returns:
        ``(B, C)`` distances, 0 (reconstructed in full) to 1.
    """
    count, cells, size = galleries.shape
    share = weights / weights.sum(1, keepdim=True).clamp_min(1e-4)
    row, place = (weights > 0).nonzero(as_tuple=True)  # padding weighs nothing and costs nothing
    vectors = probes[row, place]  # (V, d)
    gram = galleries @ galleries.transpose(1, 2) + beta * torch.eye(cells, device=galleries.device)
    seen = (vectors @ galleries.reshape(-1, size).T).reshape(len(row), count, cells)
    seen = seen.permute(1, 2, 0)  # (C, m, V)
    # well conditioned by β, and a product with an inverse costs half of a solve and its gradient
    code = torch.linalg.inv(gram) @ seen
    errors = 1 - (seen * code).sum(1) - beta * code.square().sum(1)  # (C, V)
    distances = errors.new_zeros(count, len(probes))
    summed: Tensor = distances.index_add(1, row, errors * share[row, place]).T
    return summed


def fpr_loss(distances: Tensor, same: Tensor, margin: float = 0.15) -> Tensor:
    """L_FPR: batch-hard triplet over FPR distances.

    A picture rebuilds itself: the caller leaves the diagonal out of ``same`` and pushes it away.

    Args:
        distances: ``(B, C)`` from :func:`reconstruction_distances`.
        same: ``(B, C)`` bool.
        margin: In FPR distance.
    """
    return ranking_loss(distances, same, margin)


def foreground_loss(logits: Tensor, masks: Tensor) -> Tensor:
    """Cross-entropy of the foreground head against person masks.

    Args:
        logits: ``(B, 2, rows, columns)``; class 1 is the person.
        masks: ``(B, rows, columns)`` covered part in 0–1; below 0 means unknown.
    """
    known = masks >= 0
    if not bool(known.any()):
        return logits.sum() * 0
    scores = (logits[:, 1] - logits[:, 0])[known]
    return functional.binary_cross_entropy_with_logits(scores, masks[known])


def contrastive_loss(similarities: Tensor, same: Tensor) -> Tensor:
    """Symmetric contrastive loss in which every pair of the same person is right.

    Args:
        similarities: ``(B, C)`` scaled similarities (logits).
        same: ``(B, C)`` bool; rows and columns without a right one are left out.
    """
    return (one_way_loss(similarities, same) + one_way_loss(similarities.T, same.T)) / 2


def one_way_loss(similarities: Tensor, same: Tensor) -> Tensor:
    """Cross-entropy over each row; every pair of the same person is right.

    Args:
        similarities: ``(B, C)`` scaled similarities (logits).
        same: ``(B, C)`` bool; rows without a right one are left out.
    """
    targets = same.float()
    counts = targets.sum(1)
    usable = counts > 0
    if not bool(usable.any()):
        return similarities.sum() * 0
    logs = functional.log_softmax(similarities[usable], 1)
    return -((logs * targets[usable]).sum(1) / counts[usable]).mean()


def distillation_loss(embeddings: Tensor, teacher: Tensor, temperature: float = 0.07) -> Tensor:
    """KL divergence of in-batch similarity rows from the teacher's, the diagonal left out.

    Args:
        embeddings: ``(B, d)`` unit vectors.
        teacher: ``(B, t)`` unit vectors of the teacher for the same pictures.
        temperature: Of both softmaxes.
    """
    own = torch.eye(len(embeddings), dtype=torch.bool, device=embeddings.device)
    student = (embeddings @ embeddings.T / temperature).masked_fill(own, -1e4)
    target = (teacher @ teacher.T / temperature).masked_fill(own, -1e4)
    return functional.kl_div(
        functional.log_softmax(student, 1), target.softmax(1), reduction="batchmean"
    )
