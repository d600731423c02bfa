"""The nouns of distilproof: frozen values, standard library only."""
