"""The figures of the report, one topic a file: views of an assessment in, SVG out."""
