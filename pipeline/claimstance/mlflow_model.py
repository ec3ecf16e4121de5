"""The model as MLflow serves it: a models-from-code ``PythonModel`` over the same scorer as the command line."""

from importlib import metadata
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import pyarrow as pa
from mlflow.models import ModelSignature
from mlflow.pyfunc.model import PythonModel, PythonModelContext
from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema
from mlflow.types.schema import Array, Object, Property

from claimstance.arrow import arrow_schema
from claimstance.records import to_table
from claimstance.schema import Article, GivenTarget, ScoredClaim
from claimstance.scoring import ScoreOptions, load_scorer, score_table

REQUIREMENTS = ("numpy", "onnxruntime", "pandas", "pyarrow", "py3langid", "pyyaml", "tokenizers", "trafilatura")


class ClaimScorer(PythonModel):
    """Scores a DataFrame with a column ``text`` and, optionally, ``targets`` (lists of names)."""

    def load_context(self, context: PythonModelContext) -> None:
        """Open the model folder that was logged."""
        self.folder = Path(context.artifacts["model"])

    def predict(
        self, context: PythonModelContext | None, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """Rows of the output contract, in the order of the input; ``unit`` is article or sentence."""
        options = ScoreOptions(unit=(params or {}).get("unit", "article"))
        scorer = load_scorer(self.folder, options=options)
        targets = model_input["targets"] if "targets" in model_input else [None] * len(model_input)
        articles = [
            Article(str(i), f"row:{i}", text, targets=_given(names))
            for i, (text, names) in enumerate(zip(model_input["text"], targets, strict=True))
        ]
        frame: pd.DataFrame = score_table(scorer, to_table(Article, articles)).to_pandas()
        return frame


def _given(names: Any) -> tuple[GivenTarget, ...] | None:
    if names is None or isinstance(names, float):  # a null cell of a DataFrame may be NaN
        return None
    return tuple(GivenTarget(str(name)) for name in names) or None


def signature() -> ModelSignature:
    """Text and targets in, the output contract out."""
    inputs = Schema([ColSpec(DataType.string, "text"), ColSpec(Array(DataType.string), "targets", required=False)])
    outputs = Schema([ColSpec(_type(f.type), f.name, required=not f.nullable) for f in arrow_schema(ScoredClaim)])
    return ModelSignature(inputs, outputs, ParamSchema([ParamSpec("unit", DataType.string, "article")]))


def _type(arrow: pa.DataType) -> Any:
    if pa.types.is_list(arrow):
        return Array(_type(arrow.value_type))
    if pa.types.is_struct(arrow):
        return Object([Property(f.name, _type(f.type), required=not f.nullable) for f in arrow])
    simple = {pa.string(): DataType.string, pa.int64(): DataType.long, pa.float64(): DataType.double}
    return simple[arrow]


def log(folder: Path) -> None:
    """Log a model folder to the active run, with this package's code and pinned requirements beside it."""
    names = [*REQUIREMENTS] if (folder / "model.onnx").is_file() else [*REQUIREMENTS, "torch", "transformers"]
    mlflow.pyfunc.log_model(
        name="model",
        python_model=str(Path(__file__)),
        artifacts={"model": str(folder)},
        code_paths=[str(Path(__file__).parent)],
        signature=signature(),
        pip_requirements=[f"{name}=={metadata.version(name).partition('+')[0]}" for name in names],
        input_example=None,
    )


mlflow.models.set_model(ClaimScorer())
