"""Experiment runs and models in MLflow."""
