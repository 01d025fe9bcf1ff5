"""Synthetic people before synthetic cameras, with ground truth: for demos, tests and benchmarks.

Nobody in these pictures exists, so they may be shipped, shown and shared. Scores on them say
whether the chain works, never how accurate it is on real people.

The way of a picture: :mod:`~cmps.simulator.people` samples who there is,
:mod:`~cmps.simulator.garments` dresses the bodies of :mod:`~cmps.simulator.body`,
:mod:`~cmps.simulator.pose` makes them walk, :mod:`~cmps.simulator.hall` and
:mod:`~cmps.simulator.camera` say where and through which lens,
:mod:`~cmps.simulator.render` draws, :mod:`~cmps.simulator.describe` says in words what is to be
seen, and :mod:`~cmps.simulator.gallery` writes pictures, lists and truth.

Needs the extra ``simulator`` (numba, SciPy).
"""
