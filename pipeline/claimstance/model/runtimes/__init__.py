"""The inference runtimes: each offers ``load(model_dir) -> Forward``."""
