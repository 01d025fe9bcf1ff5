"""How every network is opened: one place for threads and graph options."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def open_session(path: Path, threads: int) -> Any:
    """Open an ONNX file on the CPU.

    Args:
        path: The file.
        threads: Threads within one operation.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # Between requests the threads must sleep: a spinning pool steals the other networks' cores.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
