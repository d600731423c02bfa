"""Metrics: tallies of counts in, bounded estimates out, one family a file, no score."""
