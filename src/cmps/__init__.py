"""CMPS: find a missing person in camera footage from a spoken description."""

__version__ = "0.1.0"
