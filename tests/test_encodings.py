"""One way of decoding for every reader."""

import json

import pytest

from claimstance.articles.decoding import decode_bytes
from claimstance.articles.html import declared_encoding
from claimstance.articles.inputs import InputOptions, read_units

TEXT = "Mayor Zoë Brånd said the “café” deal — Séverin’s — was dead."
CZECH = "Starosta řekl, že Škoda žádný úvěr nedostane."


def read(path, **options):
    return list(read_units([str(path)], InputOptions(**options)))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("ending", ["txt", "csv", "jsonl", "json", "html"])
def test_the_same_bytes_give_the_same_text_in_every_format(tmp_path, encoding, ending):
    whole = {
        "txt": TEXT,
        "csv": f'id,text\n1,"{TEXT}"\n',
        "jsonl": json.dumps({"text": TEXT}, ensure_ascii=False) + "\n",
        "json": json.dumps([{"text": TEXT}], ensure_ascii=False),
        "html": f"<html><body><article><p>{TEXT}</p></article></body></html>",
    }
    (tmp_path / f"a.{ending}").write_bytes(whole[ending].encode(encoding))
    assert [unit.body for unit in read(tmp_path)] == [TEXT]


@pytest.mark.parametrize("encoding", ["windows-1250", "iso-8859-2"])
@pytest.mark.parametrize(
    "meta", ['<meta charset="{}">', "<meta http-equiv=Content-Type content='text/html; charset={}'>"]
)
def test_a_page_is_decoded_as_it_declares(tmp_path, encoding, meta):
    page = f"<html><head>{meta.format(encoding)}</head><body><article><p>{CZECH}</p></article></body></html>"
    (tmp_path / "a.html").write_bytes(page.encode(encoding))
    assert read(tmp_path, language="any")[0].body == CZECH


def test_a_page_that_is_utf8_in_spite_of_what_it_declares_is_read_as_utf8():
    data = f"<meta charset='iso-8859-1'>{TEXT}".encode()
    assert TEXT in decode_bytes(data, declared_encoding(data))


def test_latin1_is_read_as_browsers_do_and_an_unknown_name_is_passed_over():
    assert decode_bytes("“Zoë”".encode("cp1252"), "iso-8859-1") == "“Zoë”"
    assert decode_bytes("“Zoë”".encode("cp1252"), "no-such-charset") == "“Zoë”"


def test_text_in_other_letters_is_detected():
    text = "Министр заявил, что порт останется открытым до конца переговоров с профсоюзом. " * 3
    assert decode_bytes(text.encode("cp1251")) == text


def test_an_odd_line_deep_in_a_table_does_not_spoil_the_others(tmp_path):
    rows = [f"{i},The mayor praised Zoë." for i in range(5000)]
    data = ("id,text\n" + "\n".join(rows) + "\n").encode() + b"x,The mayor blamed Zo\xeb.\n"
    (tmp_path / "a.csv").write_bytes(data)
    units = read(tmp_path)
    assert units[0].body == "The mayor praised Zoë." and units[-1].body == "The mayor blamed Zoë."
