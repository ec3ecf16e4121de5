"""The model as MLflow serves it: a models-from-code ``PythonModel`` over the same scorer as the command line."""

import threading
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import mlflow
import numpy as np
import pandas as pd
import pyarrow as pa
from mlflow.models import ModelSignature
from mlflow.pyfunc.model import PythonModel, PythonModelContext
from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema
from mlflow.types.schema import AnyType, Array, Object, Property
from packaging.requirements import Requirement

from claimstance.articles.inputs import OPTIONAL, InputOptions, read_rows
from claimstance.errors import ParamsError
from claimstance.model.folder import GRAPH
from claimstance.model.predictor import load_predictor
from claimstance.output import ScoredClaim
from claimstance.records import arrow_schema, to_table
from claimstance.schema import Article, UnitError
from claimstance.scoring.scorer import UNITS, ScoredArticle, ScoreOptions, Scorer

ERROR: Final = "error"  # the column that says why a row could not be scored
NOTHING: Final = dict.fromkeys((*arrow_schema(ScoredClaim).names, ERROR))


class ClaimScorer(PythonModel):
    """Scores a DataFrame with a column ``text`` and, optionally, the others of an input file."""

    def load_context(self, context: PythonModelContext) -> None:
        """Open the model folder that was logged, once."""
        predictor = load_predictor(Path(context.artifacts["model"]))
        self.scorers = {unit: Scorer(predictor, ScoreOptions(unit=unit)) for unit in UNITS}
        self.lock = threading.Lock()  # the server answers in threads, which share the predictor's memory of sentences

    def predict(
        self, context: PythonModelContext | None, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """Return rows of the output contract in the order of the input; ``unit`` is article or sentence.

        Every input row is judged by itself and answered: by its claims; by one row of nulls where it has no claim; by
        one row of nulls and an ``error`` where it cannot be read.
        """
        unit = (params or {}).get("unit", "article")
        if unit not in self.scorers:
            raise ParamsError(f"unit {unit!r}: unknown; choose article or sentence")
        units = read_rows(_plain_rows(model_input), InputOptions(unit=unit))
        with self.lock:
            scored = self.scorers[unit].score_articles([one for one in units if isinstance(one, Article)])
        rows = [row for one in _answers(units, scored) for row in one]
        return pd.DataFrame(rows, columns=[*arrow_schema(ScoredClaim).names, ERROR], dtype=object)


def _answers(units: Sequence[Article | UnitError], scored: Sequence[ScoredArticle]) -> Iterator[list[dict[str, Any]]]:
    """Yield the output rows of each input row, as plain values: null and never NaN."""
    found = iter(scored)
    for unit in units:
        if isinstance(unit, UnitError):
            yield [{**NOTHING, "input": f"{unit.file}:{unit.row}", ERROR: unit.reason}]
        else:
            claims = to_table(ScoredClaim, next(found).rows).to_pylist()
            nothing = {**NOTHING, "article_id": unit.article_id, "input": unit.input}
            yield [{**claim, ERROR: None} for claim in claims] or [nothing]


def _plain_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows of plain values: null for what pandas holds as missing, whole numbers as such, arrays as lists."""
    names = [str(name) for name in frame.columns]
    return [dict(zip(names, map(_plain, row), strict=True)) for row in frame.astype(object).to_numpy().tolist()]


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, list | dict):
        return value
    if pd.isna(value):
        return None
    # pandas makes floats of a column of integers in which one is missing
    return int(value) if isinstance(value, float) and value.is_integer() else value


def signature() -> ModelSignature:
    """The columns of an input file in, the output contract and ``error`` out.

    Columns beside ``text`` take what the command line takes: integer ids, datetimes, targets with offsets.
    """
    optional = [ColSpec(AnyType(), name, required=False) for name in ("targets", "id", *OPTIONAL)]  # type: ignore[no-untyped-call]
    inputs = Schema([ColSpec(DataType.string, "text"), *optional])
    columns = [ColSpec(_type(f.type), f.name, required=False) for f in arrow_schema(ScoredClaim)]
    outputs = Schema([*columns, ColSpec(DataType.string, ERROR, required=False)])
    return ModelSignature(inputs, outputs, ParamSchema([ParamSpec("unit", DataType.string, "article")]))


def _type(arrow: pa.DataType) -> Any:
    if pa.types.is_list(arrow):
        return Array(_type(arrow.value_type))
    if pa.types.is_struct(arrow):
        return Object([Property(f.name, _type(f.type), required=not f.nullable) for f in arrow])
    simple = {
        pa.string(): DataType.string,
        pa.int64(): DataType.long,
        pa.float64(): DataType.double,
        pa.bool_(): DataType.boolean,
    }
    return simple[arrow]


EXAMPLE: Final = "The union threatened a strike, and the ministry may yield if talks fail."


def log(folder: Path, tags: dict[str, str] | None = None) -> str:
    """Log a model folder to the active run, with this package's code and pinned requirements beside it.

    Returns:
        The id of the logged model, which metrics can be linked to.
    """
    logged = mlflow.pyfunc.log_model(
        name="model",
        python_model=str(Path(__file__)),
        artifacts={"model": str(folder)},
        code_paths=[str(Path(__file__).parents[1])],
        signature=signature(),
        pip_requirements=requirements(folder),
        input_example=pd.DataFrame({"text": [EXAMPLE]}),
        tags=tags,
    )
    return str(logged.model_id)


def requirements(folder: Path) -> list[str]:
    """Return the packages that serving a model folder needs, at the versions that are installed here."""
    needed = map(Requirement, metadata.requires("claimstance") or ())
    names = [one.name for one in needed if one.marker is None or one.marker.evaluate({"extra": ""})]
    names += ["pandas"] if (folder / GRAPH).is_file() else ["pandas", "torch", "transformers"]
    return [f"{name}=={metadata.version(name).partition('+')[0]}" for name in names]


mlflow.models.set_model(ClaimScorer())
