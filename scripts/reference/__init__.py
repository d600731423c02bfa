"""Writers of the reference, one page a file."""
