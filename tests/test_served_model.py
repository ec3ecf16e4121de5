"""The model that MLflow serves."""

import json
import warnings
from types import SimpleNamespace

import pandas as pd
import pytest

from claimstance.output import ScoredClaim
from claimstance.scoring.scorer import load_scorer
from conftest import MLFLOW_WARNINGS

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # mlflow warns of its own type hints
    import mlflow
    from mlflow.pyfunc import scoring_server

    from claimstance.tracking import mlflow_model

pytestmark = MLFLOW_WARNINGS


@pytest.fixture(scope="module")
def served(tiny_graph, tmp_path_factory):
    """The model as ``mlflow models serve`` opens it, and a function that answers a request without a port."""
    folder = tmp_path_factory.mktemp("served") / "model"
    context = SimpleNamespace(artifacts={"model": str(tiny_graph)})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mlflow.pyfunc.save_model(
            folder,
            python_model=mlflow_model.__file__,
            artifacts=context.artifacts,
            signature=mlflow_model.signature(),
            pip_requirements=["numpy"],
        )
        model = mlflow.pyfunc.load_model(str(folder))

    def answer(rows, **params):
        body = json.dumps({"dataframe_records": rows, **({"params": params} if params else {})})
        schema = model.metadata.get_input_schema()
        response = scoring_server.invocations(body, "application/json", model, schema)
        assert response.status == 200, response.response
        return json.loads(response.response, parse_constant=pytest.fail)["predictions"]  # NaN is no JSON

    answer.model = model
    return answer


CLAIMS = ["Norland may impose sanctions. The court said no.", "The union threatened a strike."]


def test_the_server_answers_with_null_where_there_is_no_value(served, tiny_graph):
    found = served([{"text": text} for text in CLAIMS])
    expected = load_scorer(tiny_graph).score(CLAIMS)
    assert [row["text"] for row in found if row["text"]] == [claim.text for claim in expected]
    assert {row["input"] for row in found} == {"row:1", "row:2"}
    assert all(row["error"] is None for row in found)
    assert any(value is None for row in found for value in row.values())


def test_a_row_that_cannot_be_read_is_a_row_with_an_error_and_fails_no_other(served):
    rows = [{"text": CLAIMS[0]}, {"text": ""}, {"text": None}, {"text": CLAIMS[1], "targets": []}, {"text": CLAIMS[1]}]
    found = served(rows)
    alone = served([rows[0]])
    assert [row for row in found if row["input"] == "row:1"] == alone
    errors = {row["input"]: row["error"] for row in found}
    assert errors["row:2"] == "the text is empty"
    assert errors["row:3"] == "the text is empty (null)" and "at least one target" in errors["row:4"]
    assert errors["row:5"] is None
    assert sorted(errors) == ["row:1", "row:2", "row:3", "row:4", "row:5"]
    assert next(row for row in found if row["input"] == "row:2")["kind"] is None


def test_integer_ids_datetimes_and_targets_with_offsets_are_taken(served):
    target = {"text": "Norland", "start": 0, "end": 7}
    rows = [{"id": 7, "text": CLAIMS[0], "targets": ["Norland", target]}, {"text": CLAIMS[1], "id": None}]
    found = served(rows)
    assert found[0]["article_id"] == "7"
    frame = pd.DataFrame({"text": CLAIMS, "id": [1, 2], "published": pd.to_datetime(["2026-05-01", "2026-05-02"])})
    both = served.model.predict(frame)
    assert set(both["article_id"]) == {"1", "2"}
    assert set(both["published"].dropna()) <= {"2026-05-01 00:00:00", "2026-05-02 00:00:00"}


def test_a_model_is_opened_once_and_not_at_each_request(served, monkeypatch):
    monkeypatch.setattr(mlflow_model, "load_predictor", lambda *_: pytest.fail("opened again"))
    inner = served.model.unwrap_python_model()
    scorers = inner.scorers
    served([{"text": CLAIMS[0]}])
    served([{"text": CLAIMS[0]}], unit="sentence")
    assert inner.scorers is scorers
    assert scorers["article"].predictor is scorers["sentence"].predictor


@pytest.mark.slow
def test_the_signature_is_the_output_contract():
    signature = mlflow_model.signature()
    assert signature.inputs.input_names() == ["text", "targets", "id", "title", "outlet", "published", "url"]
    assert signature.outputs.input_names() == [*ScoredClaim.__dataclass_fields__, "error"]


def test_the_server_gets_every_package_that_scoring_imports(tiny_graph, tiny_model):
    names = {line.partition("==")[0] for line in mlflow_model.requirements(tiny_graph)}
    assert {"cattrs", "nupunkt", "onnxruntime", "pandas", "tokenizers"} <= names
    assert not names & {"torch", "mlflow", "pytest"}
    assert "torch" in {line.partition("==")[0] for line in mlflow_model.requirements(tiny_model)}
