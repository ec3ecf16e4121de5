"""The engines that spread scoring over cores or machines; each calls only ``scoring.score_articles``."""
