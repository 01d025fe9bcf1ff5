"""How long each stage of a piece of work took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class Timings:
    """Milliseconds per stage of one piece of work, in the order they ran."""

    stages: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def measure(self, stage: str) -> Iterator[None]:
        """Add the time that the block takes to a stage."""
        start = time.perf_counter()
        yield
        self.stages[stage] = self.stages.get(stage, 0.0) + 1000 * (time.perf_counter() - start)

    @property
    def total(self) -> float:
        """Milliseconds of all stages."""
        return sum(self.stages.values())

    def rounded(self) -> dict[str, float]:
        """Return the milliseconds of each stage to a tenth."""
        return {stage: round(value, 1) for stage, value in self.stages.items()}
