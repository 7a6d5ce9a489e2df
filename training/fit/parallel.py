"""One process or many, started by ``torchrun`` or ``accelerate launch``: each works on its share of every batch."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import distributed
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from transformers.modeling_layers import GradientCheckpointingLayer

from j2a.errors import UsageError
from j2a.models.language.llm import resources

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class World:
    """The processes of a run."""

    rank: int
    size: int
    device: str

    @property
    def first(self) -> bool:
        """Whether this process is the one that writes."""
        return self.rank == 0

    def share(self, items: Sequence[T]) -> list[T]:
        """This process's part of a batch: every ``size``-th item."""
        return list(items[self.rank :: self.size])

    def total(self, *values: float) -> list[float]:
        """The sums of some numbers over all processes."""
        if self.size == 1:
            return list(values)
        sums = torch.tensor(values, dtype=torch.float64 if self.device != "mps" else torch.float32, device=self.device)
        distributed.all_reduce(sums)
        return sums.tolist()

    def sum_gradients(self, parameters: Iterable[torch.nn.Parameter]) -> None:
        """Add up the gradients of all processes, as one message."""
        gradients = [one.grad for one in parameters if one.grad is not None]
        if self.size == 1 or not gradients:
            return
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        distributed.all_reduce(flat)
        for gradient, part in zip(gradients, flat.split([one.numel() for one in gradients]), strict=True):
            gradient.copy_(part.view_as(gradient))

    def wait(self) -> None:
        """Go on when all processes are here."""
        if self.size > 1:
            distributed.barrier()


def shard_layers(model: torch.nn.Module, trained: Iterable[torch.nn.Parameter], here: World) -> None:
    """Spread the frozen weights of a model's layers over all processes (FSDP): each holds its part of every layer.

    A layer is put together when it is its turn, and taken apart again. What is trained stays whole everywhere, and so
    do the embeddings, which are used outside the model too. Raises ``UsageError`` for weights in 8 or 4 bits.
    """
    if any(not parameter.is_floating_point() for parameter in model.parameters()):
        raise UsageError("weights in 8 or 4 bits cannot be spread.", "Leave out --fsdp, or say --precision bfloat16.")
    mesh = init_device_mesh(here.device.partition(":")[0], (here.size,))
    kept = set(trained)
    for layer in model.modules():
        if isinstance(layer, GradientCheckpointingLayer):  # what transformers calls a layer
            fully_shard(layer, mesh=mesh, ignored_params=kept & set(layer.parameters()))


@contextmanager
def world(device: str) -> Iterator[World]:
    """The processes that were started together, joined while this lasts. ``device``: "auto", "cpu", "cuda" or "mps".

    Raises ``UsageError`` for a device that is not there.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    chosen, _ = resources(device=None if device == "auto" else device)
    if size == 1:
        yield World(0, 1, chosen)
        return
    if chosen == "cuda":
        local = int(os.environ.get("LOCAL_RANK", "0"))
        if local >= torch.cuda.device_count():
            raise UsageError(f"there is no GPU for process {local} of this machine.", "Start one process for each GPU.")
        chosen = f"cuda:{local}"
        torch.cuda.set_device(local)
    distributed.init_process_group("nccl" if chosen.startswith("cuda") else "gloo")
    try:
        yield World(distributed.get_rank(), distributed.get_world_size(), chosen)
    finally:
        distributed.destroy_process_group()
