"""The terms of teachers: what is known of them, and whether they open a use."""
