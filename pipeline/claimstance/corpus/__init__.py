"""Labelled text to training and test examples."""
