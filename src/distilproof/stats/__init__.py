"""Statistics: numbers in, numbers out; nothing here knows what a model is."""
