"""One module a pipeline stage; each is one command and one stage of ``dvc.yaml``."""
