"""Bytes to articles: formats, encodings, columns, page furniture, language and names."""
