"""The six checks of a release, one file each; none is ever skipped."""
