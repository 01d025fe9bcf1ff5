"""Measures of a search: metrics, the protocols of the literature, and their report.

:mod:`~cmps.evaluation.metrics` are pure functions on numpy arrays,
:mod:`~cmps.evaluation.protocols` runs encoders over a data set, and
:mod:`~cmps.evaluation.report` shows what came out.
"""
