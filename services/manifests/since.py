"""Since when a Service needs attention, as far as its pods and its endpoints tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def since(slices: Sequence[Any], pods: Sequence[Any], ready: int) -> float | None:
    """Epoch seconds, None where nothing tells. `ready`: how many of its endpoints are.

    With none, since the last pod stopped being ready; with some, since the first did. Without any pod, since its slices
    were written last: nobody writes them while nothing changes. As they were created they tell nothing.
    """
    staying = [pod for pod in pods if not pod.deleting and pod.phase != "Succeeded"]
    down = [moment for pod in staying if not pod.ready and (moment := _unready_since(pod)) is not None]
    if down:
        return min(down) if ready else max(down)
    written = [piece.changed for piece in slices if piece.changed > piece.created]
    return None if staying else max(written, default=None)


def _unready_since(pod: Any) -> float | None:
    """A container that crashes at once is ready for a moment each time: then this is its last crash. A pod that never
    ran is unready since it was created."""
    for kind in ("Ready", "PodScheduled"):
        for condition in pod.conditions:
            if condition.type == kind and condition.status == "False" and condition.since:
                return float(condition.since)
    return float(pod.created) if pod.phase == "Pending" else None
