"""Draws and writes the page of a sweep."""
