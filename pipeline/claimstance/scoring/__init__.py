"""Articles and predictions to output rows."""
