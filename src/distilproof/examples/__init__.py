"""Data and models of the demo: all that it needs is inside the package."""
