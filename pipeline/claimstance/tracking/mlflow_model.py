"""The model as MLflow serves it: a models-from-code ``PythonModel`` over the same scorer as the command line."""

from importlib import metadata
from pathlib import Path
from typing import Any, Final

import mlflow
import pandas as pd
import pyarrow as pa
from mlflow.models import ModelSignature
from mlflow.pyfunc.model import PythonModel, PythonModelContext
from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema
from mlflow.types.schema import Array, Object, Property

from claimstance.articles.inputs import OPTIONAL
from claimstance.records import arrow_schema
from claimstance.schema import ScoredClaim
from claimstance.scoring.scorer import ScoreOptions, load_scorer, score_table

REQUIREMENTS = ("numpy", "onnxruntime", "pandas", "pyarrow", "py3langid", "pyyaml", "tokenizers", "trafilatura")


class ClaimScorer(PythonModel):
    """Scores a DataFrame with a column ``text`` and, optionally, the others of an input file; a bad row is an error."""

    def load_context(self, context: PythonModelContext) -> None:
        """Open the model folder that was logged."""
        self.folder = Path(context.artifacts["model"])

    def predict(
        self, context: PythonModelContext | None, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """Rows of the output contract, in the order of the input; ``unit`` is article or sentence."""
        options = ScoreOptions(unit=(params or {}).get("unit", "article"))
        scorer = load_scorer(self.folder, options=options)
        table = pa.Table.from_pandas(model_input, preserve_index=False)
        frame: pd.DataFrame = score_table(scorer, table).to_pandas()
        return frame


def signature() -> ModelSignature:
    """The columns of an input file in, the output contract out."""
    optional = [ColSpec(DataType.string, name, required=False) for name in ("id", *OPTIONAL)]
    targets = ColSpec(Array(DataType.string), "targets", required=False)
    inputs = Schema([ColSpec(DataType.string, "text"), targets, *optional])
    outputs = Schema([ColSpec(_type(f.type), f.name, required=not f.nullable) for f in arrow_schema(ScoredClaim)])
    return ModelSignature(inputs, outputs, ParamSchema([ParamSpec("unit", DataType.string, "article")]))


def _type(arrow: pa.DataType) -> Any:
    if pa.types.is_list(arrow):
        return Array(_type(arrow.value_type))
    if pa.types.is_struct(arrow):
        return Object([Property(f.name, _type(f.type), required=not f.nullable) for f in arrow])
    simple = {pa.string(): DataType.string, pa.int64(): DataType.long, pa.float64(): DataType.double}
    return simple[arrow]


EXAMPLE: Final = "The union threatened a strike, and the ministry may yield if talks fail."


def log(folder: Path, tags: dict[str, str] | None = None) -> str:
    """Log a model folder to the active run, with this package's code and pinned requirements beside it.

    Returns:
        The id of the logged model, which metrics can be linked to.
    """
    names = [*REQUIREMENTS] if (folder / "model.onnx").is_file() else [*REQUIREMENTS, "torch", "transformers"]
    logged = mlflow.pyfunc.log_model(
        name="model",
        python_model=str(Path(__file__)),
        artifacts={"model": str(folder)},
        code_paths=[str(Path(__file__).parents[1])],
        signature=signature(),
        pip_requirements=[f"{name}=={metadata.version(name).partition('+')[0]}" for name in names],
        input_example=pd.DataFrame({"text": [EXAMPLE]}),
        tags=tags,
    )
    return str(logged.model_id)


mlflow.models.set_model(ClaimScorer())
