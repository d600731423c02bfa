"""The gate: bars become requirements, estimates become findings, findings become a decision."""
