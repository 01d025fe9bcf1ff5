"""The way of a person over cameras: travel times, evidence, paths, gaps and company."""
