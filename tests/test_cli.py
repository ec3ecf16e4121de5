"""The command line as a user meets it, on a tiny random model."""

import csv
import json
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from claimstance.commands.group import cli
from claimstance.commands.score import NO_THRESHOLDS
from claimstance.output import ScoredClaim
from claimstance.records import arrow_schema

TEXT = "The minister warned Norland on Monday. The union said the strike may go ahead if the talks fail."


@pytest.fixture
def run(tiny_model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def call(*arguments, command="score", stdin=None, model=True):
        chosen = ["--model", str(tiny_model), "--runtime", "torch", "--include-other"] if model else []
        return CliRunner().invoke(cli, [command, *map(str, arguments), *chosen], input=stdin)

    return call


def test_a_text_is_scored_to_json_lines_on_stdout(run):
    result = run("--text", TEXT)
    assert result.exit_code == 0, result.output
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert list(rows[0]) == arrow_schema(ScoredClaim).names
    assert {row["text"] for row in rows} == set(TEXT.replace(". T", ".|T").split("|"))


def test_stdin_is_read_with_its_format(run):
    result = run("-", "--format", "jsonl", stdin=json.dumps({"text": TEXT, "id": 7}) + "\n")
    assert {json.loads(line)["article_id"] for line in result.stdout.splitlines()} == {"7"}


@pytest.mark.parametrize("ending", ["parquet", "jsonl", "csv"])
def test_every_output_format_holds_the_contract(run, tmp_path, ending):
    (tmp_path / "a.txt").write_text(TEXT)
    result = run("a.txt", "--output", f"out.{ending}")
    assert result.exit_code == 0, result.output
    file = tmp_path / f"out.{ending}"
    if ending == "parquet":
        names = pq.read_table(file).schema.names
    elif ending == "jsonl":
        names = list(json.loads(file.read_text().splitlines()[0]))
    else:
        with file.open(newline="") as lines:
            rows = list(csv.DictReader(lines))
        names = list(rows[0])
        assert isinstance(json.loads(rows[0]["cues"]), list)
    assert names == arrow_schema(ScoredClaim).names


def test_units_read_are_units_scored_plus_units_in_the_errors_file(run, tmp_path):
    rows = [{"text": TEXT}, {"text": ""}, {"title": "none"}, "no object", {"text": TEXT, "targets": []}]
    (tmp_path / "a.jsonl").write_text("\n".join(json.dumps(row) for row in rows) + "\n{broken\n")
    result = run("a.jsonl", "--output", "out.jsonl", "--json")
    assert result.exit_code == 3
    summary = json.loads(result.stdout.splitlines()[0])
    assert (summary["units_read"], summary["units_scored"], summary["units_failed"]) == (6, 1, 5)
    errors = [json.loads(line) for line in (tmp_path / "out.jsonl.errors.jsonl").read_text().splitlines()]
    assert [error["row"] for error in errors] == [2, 3, 4, 5, 6]
    assert errors[0]["reason"] == "the text is empty"


def test_aliases_are_part_of_what_an_output_was_made_with(run, tmp_path):
    (tmp_path / "aliases.json").write_text('{"Republic of Norland": ["Norland"]}', encoding="utf-8")
    (tmp_path / "a.txt").write_text(TEXT)
    assert run("a.txt", "--output", "out.jsonl", "--aliases", "aliases.json").exit_code == 0
    again = run("a.txt", "--output", "out.jsonl")
    assert (again.exit_code, "made with other options" in again.stderr) == (1, True)


def test_aliases_that_are_none_and_error_rates_out_of_range_are_told_in_one_line(run, tmp_path):
    (tmp_path / "aliases.json").write_text("[]", encoding="utf-8")
    for options, message in (
        (("--aliases", "aliases.json"), "aliases.json: should be like"),
        (("--max-error", "0"), "--max-error 0:"),
    ):
        result = run("--text", TEXT, *options)
        assert (result.exit_code, message in result.stderr) == (1, True), result.stderr
        assert len(result.stderr.splitlines()) == 1


def test_the_same_command_again_has_nothing_left_to_do(run, tmp_path):
    (tmp_path / "a.txt").write_text(TEXT)
    run("a.txt", "--output", "out.jsonl")
    before = (tmp_path / "out.jsonl").read_bytes()
    again = run("a.txt", "--output", "out.jsonl")
    assert "nothing left to do" in again.stderr
    assert (tmp_path / "out.jsonl").read_bytes() == before


def test_a_strange_file_or_folder_is_never_written_over(run, tmp_path):
    (tmp_path / "a.txt").write_text(TEXT)
    (tmp_path / "mine.csv").write_text("precious")
    refused = run("a.txt", "--output", "mine.csv")
    assert "exists and is not from an earlier run of this command" in refused.stderr
    assert (tmp_path / "mine.csv").read_text() == "precious"
    (tmp_path / "folder.csv").mkdir()
    assert run("a.txt", "--output", "folder.csv").stderr.startswith("Error: folder.csv: is a folder")
    assert run("a.txt", "--output", "mine.csv", "--force").exit_code == 0


def test_strict_stops_at_the_first_unit_that_fails(run, tmp_path):
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": TEXT}) + "\n" + json.dumps({"text": ""}) + "\n")
    assert run("a.jsonl", "--output", "out.jsonl").exit_code == 3
    for output in (["--output", "new.jsonl"], ["--output", "out.jsonl"], []):
        result = run("a.jsonl", *output, "--strict")
        assert (result.exit_code, result.stderr.startswith("Error: a.jsonl:2: the text is empty")) == (1, True)


def test_limit_counts_units_and_keep_carries_columns(run, tmp_path):
    (tmp_path / "a.csv").write_text(f'text,desk\n"{TEXT}",world\n"{TEXT}",home\n')
    result = run("a.csv", "--output", "out.jsonl", "--limit", "1", "--keep", "desk", "--json")
    assert json.loads(result.stdout.splitlines()[0])["units_read"] == 1
    assert {json.loads(line)["desk"] for line in (tmp_path / "out.jsonl").read_text().splitlines()} == {"world"}


def test_sentence_units_are_not_split(run):
    result = run("--text", TEXT, "--unit", "sentence")
    assert {json.loads(line)["text"] for line in result.stdout.splitlines()} == {TEXT}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.txt"], "Error: missing.txt: no such file or folder"),
        (
            ["--text", "x", "--model", "nowhere"],
            "Error: nowhere: not a claimstance model",
        ),
        (["--text", "Peace came.", "--output", "x.xlsx"], "Error: x.xlsx: unknown output format '.xlsx'"),
    ],
)
def test_a_users_mistake_is_one_line_and_exit_code_1(run, arguments, message):
    result = run(*arguments, model="--model" not in arguments)
    assert result.exit_code == 1
    assert result.stderr.startswith(message)
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments", [[], ["a.txt", "--text", "x"], ["--text", "x", "--json"], ["--text", "x", "--limit", "0"]]
)
def test_wrong_usage_is_exit_code_2(run, arguments):
    assert run(*arguments, model=False).exit_code == 2


def test_absent_targets_are_told_on_stderr_where_rows_go_to_stdout(run, tmp_path):
    result = run("--text", TEXT, "--target", "Orvane", "--target", "Norland")
    assert result.stderr.splitlines()[0] == "the target 'Orvane' is not in the text"
    assert result.stderr.splitlines()[1:] == [NO_THRESHOLDS]
    assert {json.loads(line)["target"] for line in result.stdout.splitlines()} <= {"Norland", None}
    (tmp_path / "many.jsonl").write_text(
        "".join(json.dumps({"text": text}) + "\n" for text in (TEXT, "The court met."))
    )
    told = run("many.jsonl", "--target", "Norland", "--target", "Orvane").stderr
    assert told.splitlines() == [
        "the target 'Orvane' is not in 2 of 2 texts", "the target 'Norland' is not in 1 of 2 texts", NO_THRESHOLDS,
    ]  # fmt: skip


def test_show_prints_a_readable_table(run, tmp_path):
    (tmp_path / "a.txt").write_text(TEXT)
    for ending in ("parquet", "jsonl", "csv"):
        run("a.txt", "--output", f"out.{ending}")
        shown = run(f"out.{ending}", command="show", model=False)
        assert shown.exit_code == 0, shown.output
        assert "stance" in shown.stdout
    assert run("none.csv", command="show", model=False).stderr.startswith("Error: none.csv: no such file")


def test_show_reads_files_of_version_1_and_keeps_title_and_body_apart(run, tmp_path):
    assert run("--text", "The minister warned Norland.", "-o", "two.jsonl").exit_code == 0
    row = json.loads((tmp_path / "two.jsonl").read_text().splitlines()[0])
    title, old = {**row, "part": "title", "text": "Norland is warned"}, {k: row[k] for k in row if k != "part"}
    (tmp_path / "two.jsonl").write_text(f"{json.dumps(title)}\n{json.dumps(row)}\n")
    both = run("two.jsonl", command="show", model=False).stdout
    assert "Norland is warned" in both and "The minister warned" in both
    del old["title"]
    (tmp_path / "old.jsonl").write_text(json.dumps(old) + "\n")
    with (tmp_path / "old.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, old)
        writer.writeheader()
        writer.writerow({**old, "cues": json.dumps(old["cues"]), "needs_review": "[]"})
    pq.write_table(pa.Table.from_pylist([old]), tmp_path / "old.parquet")
    for ending in ("jsonl", "csv", "parquet"):
        assert "The minister warned" in run(f"old.{ending}", command="show", model=False).stdout


def test_show_prints_a_claim_with_two_targets_once(run, tmp_path):
    (tmp_path / "a.txt").write_text("The minister warned Norland and Suvia.")
    run("a.txt", "--output", "out.jsonl")
    row = json.loads((tmp_path / "out.jsonl").read_text())
    both = [row | {"target": name, "stance": "oppose"} for name in ("Norland", "Suvia")]
    (tmp_path / "both.jsonl").write_text("\n".join(map(json.dumps, both)))
    shown = run("both.jsonl", command="show", model=False).stdout
    assert shown.count("→") == 2 and shown.count("The minister warned") == 1, shown


def test_help_imports_nothing_heavy():
    code = "import sys; from claimstance.commands.group import cli; cli(['--help'], standalone_mode=False); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & {"torch", "transformers", "pyarrow", "numpy", "onnxruntime", "mlflow", "trafilatura", "rich"}


def test_a_full_disk_or_a_refused_file_is_one_line(tmp_path, monkeypatch):
    from claimstance.commands import names

    def refuse(*_):
        raise PermissionError(13, "Permission denied", str(tmp_path / "aliases.json"))

    monkeypatch.setattr(names, "read_scored", refuse)
    done = CliRunner().invoke(cli, ["names", "claims.jsonl", "-o", str(tmp_path / "aliases.json")])
    assert done.exit_code == 1
    assert done.stderr == f"Error: {tmp_path / 'aliases.json'}: Permission denied\n"
