import pytest

from claimstance.commands import summarize
from claimstance.errors import InputError


@pytest.fixture
def made(tmp_path):
    (tmp_path / "evaluation").mkdir()
    for name in ("evaluation/confusion-act.csv", "evaluation/reliability-act.png", "evaluate.json", "train.json"):
        (tmp_path / name).write_text("new")
    for folder, name in (("metrics", "evaluate.json"), ("plots", "confusion-act.csv"), ("plots", "confusion-gone.csv")):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / name).write_text("old")
    return tmp_path


def run(root, *reports):
    summarize.run([root / name for name in reports], root / "evaluation", root / "metrics", root / "plots")


def test_reports_and_tables_are_copied_pictures_are_not_and_plots_that_are_gone_go(made):
    run(made, "evaluate.json", "train.json")
    assert {path.name: path.read_text() for path in (made / "metrics").iterdir()} == {
        "evaluate.json": "new", "train.json": "new",
    }  # fmt: skip
    assert [path.name for path in (made / "plots").iterdir()] == ["confusion-act.csv"]


def test_a_report_that_is_missing_leaves_what_git_tracks_as_it_was(made):
    with pytest.raises(InputError, match=r"export\.json: no such file; run the stage that makes it"):
        run(made, "evaluate.json", "export.json")
    assert (made / "metrics" / "evaluate.json").read_text() == "old"
    assert len(list((made / "plots").iterdir())) == 2
