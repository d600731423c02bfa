"""Render: from values to text, HTML and SVG. Nothing here reads a file, a clock or the network."""
