"""Commands that are no pipeline stages."""
