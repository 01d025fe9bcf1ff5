"""Readers of picture collections: official data set layouts, plain folders, CSV lists.

Every reader is a function that yields :class:`~cmps.datasets.picture.Picture` records;
indexing, evaluation and training all start from these and never parse a layout themselves.
"""
