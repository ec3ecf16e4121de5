"""Rows to one self-contained HTML page: its data, its script and style, and parts of a large report."""
