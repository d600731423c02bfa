"""One verb, one function: read, call pure code, write."""
