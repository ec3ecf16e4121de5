"""The engines, which spread scoring over processors or machines; each calls only ``Scorer.score_articles``."""
