"""Decoders that behave badly, for tests of the worker; it imports this file by its name."""

from __future__ import annotations

import os
import time

import numpy as np


def length(data: bytes, times: int = 1) -> np.ndarray:
    return np.array([len(data) * times])


def process(data: bytes) -> np.ndarray:
    return np.array([os.getpid()])


def sleeping(data: bytes) -> np.ndarray:
    time.sleep(60)
    return np.zeros(1)


def busy(data: bytes) -> np.ndarray:
    while True:
        pass


def working(data: bytes, seconds: float) -> np.ndarray:
    """Use a processor for so long; returns what its process has used until now."""
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass
    return np.array([time.process_time()])


def greedy(data: bytes) -> np.ndarray:
    return np.ones(2**31, np.uint8)


def dying(data: bytes) -> np.ndarray:
    os._exit(11)


def refusing(data: bytes) -> np.ndarray:
    raise ValueError("no picture\nof anybody")


def broken(data: bytes) -> np.ndarray:
    raise LookupError("index out of range")


def printing(data: bytes) -> np.ndarray:
    os.write(1, b"a library says something")
    print("and so does Python", flush=True)
    return np.array([1])


def secrets(data: bytes) -> np.ndarray:
    return np.array([int("CMPS_DATABASE_URL" in os.environ)])


def writing(data: bytes) -> np.ndarray:
    with open("/tmp/cmps-left-behind", "wb") as stream:
        stream.write(data)
    return np.zeros(1)


def objects(data: bytes) -> np.ndarray:
    return np.array([{"not": "numbers"}], object)
