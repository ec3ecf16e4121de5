"""Shared fixtures: a tiny random encoder and tokenizer, built in memory and never fetched."""

import os
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"  # before transformers is imported: no test may reach a hub
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"

import pytest
from hypothesis import HealthCheck, settings

from claimstance import heads
from claimstance.schema import Act, Cue, CueType, Example, Holder, Kind, Span, Stance, Strength, Target

# machines differ: no test fails because one is slow
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

WORDS = (
    "the and of to in a is that it he she will may might if not has said was by for with on as are be at this "
    "minister government court party union plan talks law mayor council strike protest peace border trade tax "
    "threatened promised rejected accused urged backed denied announced warned approved sanctions neighbours ready "
    "impose reportedly apparently whether unless norland orvane . , \" ' - ? !"
)
MLFLOW_WARNINGS = [  # of MLflow and what it imports; ours are errors
    pytest.mark.filterwarnings(f"ignore::{name}")
    for name in ("DeprecationWarning", "FutureWarning", "UserWarning", "ResourceWarning")
]
ALL_HEADS = tuple(head.name for head in heads.HEADS if head is not heads.SENTIMENT)


def tiny_tokenizer_json() -> str:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    letters = [*"abcdefghijklmnopqrstuvwxyz0123456789"]
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *dict.fromkeys(WORDS.split())]
    vocabulary += [t for letter in letters for t in (letter, f"##{letter}") if t not in vocabulary]
    tokenizer = Tokenizer(
        models.WordPiece(
            {token: i for i, token in enumerate(vocabulary)}, unk_token="[UNK]", max_input_chars_per_word=100
        )
    )
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return str(tokenizer.to_str())


def make_tiny_model(folder: Path) -> Path:
    """A complete model folder with random weights: 2 layers of 32."""
    import torch
    from transformers import BertConfig

    from claimstance.model.folder import TOKENIZER, ModelConfig, seal
    from claimstance.model.network import from_config, save_weights

    torch.manual_seed(0)
    text = tiny_tokenizer_json()
    folder.mkdir(parents=True)
    (folder / TOKENIZER).write_text(text, encoding="utf-8")
    config = BertConfig(
        vocab_size=200, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=128,
    )  # fmt: skip
    save_weights(from_config(config), folder)
    seal(folder, ModelConfig("tiny", "", max_tokens=64, overlap=16))
    return folder


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as a Hugging Face encoder: config, weights, tokenizer."""
    import torch
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("encoder")
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=200, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=128,
    )  # fmt: skip
    BertModel(config).save_pretrained(folder)
    (folder / "tokenizer.json").write_text(tiny_tokenizer_json(), encoding="utf-8")
    PreTrainedTokenizerFast(
        tokenizer_file=str(folder / "tokenizer.json"),
        unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]", mask_token="[MASK]",
    ).save_pretrained(folder)  # fmt: skip
    return folder


@pytest.fixture(scope="session")
def tiny_graph(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model as an fp32 ONNX graph, which starts sooner than torch."""
    from claimstance.model import export
    from claimstance.model.folder import read_config, seal

    folder = tmp_path_factory.mktemp("graph") / "model"
    export.export_fp32(tiny_model, folder)
    seal(folder, read_config(tiny_model))
    return folder


def span(text: str, part: str) -> Span:
    return Span(text.index(part), text.index(part) + len(part))


def make_example(index: int = 0, split: str = "train") -> Example:
    """A fully labelled claim."""
    text = "Norland is ready to impose sanctions if the neighbours strike."
    return Example(
        example_id=f"article-{index}:1",
        corpus="own",
        group=f"article-{index}",
        split=split,
        text=text,
        labelled=ALL_HEADS,
        kind=Kind.CLAIM,
        act=Act.THREATEN,
        strength=Strength.CERTAIN,
        source=span(text, "Norland"),
        trigger=span(text, "ready to impose"),
        condition=span(text, "the neighbours strike"),
        targets=(Target(span(text, "the neighbours"), Stance.OPPOSE),),
        cues=(
            Cue(span(text, "ready to"), CueType.INTENTION, Holder.SPEAKER),
            Cue(span(text, "if"), CueType.CONDITIONAL, Holder.SPEAKER),
        ),
    )


@pytest.fixture
def example() -> Example:
    return make_example()
