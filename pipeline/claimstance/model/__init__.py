"""Sentences to predictions: the network, its runtimes and its file formats."""
