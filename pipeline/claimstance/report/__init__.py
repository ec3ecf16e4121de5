"""Numbers to tables, plots and the model card."""
