"""A short text is refused as foreign only where the detector is sure."""

import pytest

from claimstance.articles.language import _identifier, foreign_language


@pytest.mark.parametrize(
    "text",
    [
        "These were Ivan Petrenko and Valeria Sidorova from Harran State Medical University.",
        "Governor Adebayo Okonkwo appoints Chief Emeka Balogun commissioner for petroleum resources",
        "Tamsin Okoro-Vale et al studied magnesium and calcium perchlorates in Lake Oro",
    ],
)
def test_english_full_of_names_is_let_through(text):
    assert _identifier().classify(text)[0] != "en", "the detector alone would let it through"
    assert foreign_language(text, "en") is None


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Der Minister sagte am Montag, dass die Regierung den Vertrag kündigen werde, wenn niemand nachgibt."),
        ("fr", "Le ministre a déclaré lundi que le gouvernement pourrait fermer les ports si rien ne change."),
        ("es", "El ministro dijo el lunes que el gobierno podría cerrar los puertos si fracasan las negociaciones."),
        ("nl", "De minister zei maandag dat de regering de havens kan sluiten als de onderhandelingen mislukken."),
        ("id", "Menteri mengatakan pada hari Senin bahwa pemerintah dapat menutup pelabuhan jika perundingan gagal."),
        ("ru", "Министр заявил в понедельник, что правительство может закрыть порты, если переговоры сорвутся."),
        ("vi", "Bộ trưởng nói hôm thứ Hai rằng chính phủ có thể đóng cửa các cảng nếu đàm phán thất bại."),
    ],
)
def test_other_languages_are_refused_short_and_long(language, text):
    assert foreign_language(text, "en") == language
    assert foreign_language(" ".join([text] * 12), "en") == language
    assert foreign_language(text, language) is None


def test_very_short_texts_are_let_through():
    assert foreign_language("Der Minister trat zurück.", "en") is None
