"""Counts: the mergeable table that every metric is computed from."""
