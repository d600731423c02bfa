"""Sources: what reads tables of predictions and project files."""
