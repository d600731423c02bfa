"""From a cleared and pinned teacher to a student: labels first."""
