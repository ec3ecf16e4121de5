"""Articles to sentences: wrapped lines, transcripts, quotations and capitals, with true offsets."""
