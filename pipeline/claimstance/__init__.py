"""News articles go in; a table of claims comes out: who claims what, for or against whom, and how firmly."""

__version__ = "0.1.0"
