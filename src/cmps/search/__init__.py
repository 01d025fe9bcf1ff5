"""Ranking: from a query and a gallery to people, best first."""
