"""rnncourse write: a text in, a model and samples out, and nothing lost when something is wrong."""

import pytest
from test_cli import one_line, run

from rnncourse import writer
from rnncourse.models import TextModel, text_training
from rnncourse.models.recipe import Recipe

TEXT = "the cat sat on the mat. the dog sat on the log.\n" * 60


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setenv("RNNCOURSE_QUIET", "1")
    monkeypatch.setattr(text_training, "recipe_for", lambda *_: Recipe(units=8, embedding_dim=4, streams=4, steps=8))


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(TEXT)
    return path


def test_it_trains_says_how_it_went_and_writes(file):
    result = run("write", str(file), "--steps", "20", "--length", "30", "--samples", "2", "--prompt", "the cat")
    assert result.exit_code == 0, result.output
    said = result.stderr.splitlines()
    assert said[0] == f"{len(TEXT):,} characters, {len(set(TEXT))} different ones"
    assert said[1].startswith("20 updates in ") and "nats a character on the last tenth" in said[1]
    first, second, rest = result.stdout.split("―" * 60 + "\n")
    assert rest == "" and first != second
    for sample in (first, second):
        assert sample.startswith("the cat") and len(sample) == len("the cat") + 30 + 1


def test_a_model_is_kept_and_writes_again(file, tmp_path):
    kept = tmp_path / "model"
    result = run("write", str(file), "--steps", "5", "--save", str(kept), "--prompt", "the", "--temperature", "0")
    assert result.exit_code == 0 and f"kept in {kept}" in result.stderr
    again = run("write", "--load", str(kept), "--prompt", "the", "--temperature", "0")
    assert again.exit_code == 0 and again.stdout == result.stdout and again.stderr == ""
    copied = tmp_path / "copy"
    assert run("write", "--load", str(kept), "--save", str(copied), "--length", "1").exit_code == 0
    assert TextModel.load(copied).loss(TEXT) == TextModel.load(kept).loss(TEXT)


def test_mistakes_are_told_before_anything_is_trained(file, tmp_path, monkeypatch):
    def untrained(*arguments):
        raise AssertionError("trained")

    monkeypatch.setattr(text_training, "train_text", untrained)
    taken, binary = tmp_path / "taken", tmp_path / "binary"
    taken.write_text("mine")
    binary.write_bytes(b"a\0b")
    assert "path must be free" in one_line(run("write", str(file), "--save", str(taken)))
    assert "folder that is there" in one_line(run("write", str(file), "--save", str(tmp_path / "no" / "model")))
    assert "there is nothing at" in one_line(run("write", str(tmp_path / "nothing")))
    assert "received a binary file" in one_line(run("write", str(binary)))
    assert "--prompt must hold characters of the text, received '€'" in one_line(
        run("write", str(file), "--prompt", "€")
    )
    assert "not both" in one_line(run("write", str(file), "--load", str(taken)))
    assert "must be a file that TextModel.save wrote" in one_line(run("write", "--load", str(taken)))
    assert taken.read_text() == "mine"


def test_a_text_that_is_too_short(tmp_path):
    short = tmp_path / "short"
    short.write_text("short")
    assert "at least 1,000 characters, received 5 characters" in one_line(run("write", str(short)))


def test_without_a_file_it_reads_the_standard_library():
    text = writer.read(None)
    assert len(text) > 900_000 and "import " in text and "\ufffd" not in text[:1000]


def test_a_prompt_is_a_line_of_the_text_or_any_character():
    assert writer.first_line(TEXT, "abc") == TEXT.splitlines()[0][:40]
    assert writer.first_line("", "abc") == "a"
    assert writer.first_line("no end of line", "abc") == "a"
