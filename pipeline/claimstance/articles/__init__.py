"""Bytes to articles, and articles to sentences, names and quotations."""
