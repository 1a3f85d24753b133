"""Small real models for tests that name this in `pytest_plugins`; nothing is downloaded."""

import subprocess
import sys

import pytest

CROSS = """
import sys
from sentence_transformers import CrossEncoder
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast
import torch
torch.manual_seed(3)
chars = [chr(c) for c in range(0x4e00, 0x9fa6)] + [chr(c) for c in range(33, 127)]
vocabulary = {t: i for i, t in enumerate(["[PAD]", "[UNK]", "[SEP]", "[CLS]", *chars])}
tokenizer = Tokenizer(models.WordLevel(vocabulary, "[UNK]"))
tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]",
                               sep_token="[SEP]", cls_token="[CLS]", model_max_length=256)
config = BertConfig(vocab_size=len(vocabulary), hidden_size=32, num_hidden_layers=1, num_labels=1,
                    num_attention_heads=2, intermediate_size=64, max_position_embeddings=512)
BertForSequenceClassification(config).save_pretrained(sys.argv[1])
fast.save_pretrained(sys.argv[1])
"""


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory):
    """A real sentence-transformers model, made here: a small random BERT saved on disk."""
    code = """
import sys
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast
import torch
torch.manual_seed(int(sys.argv[2]))
chars = [chr(c) for c in range(0x4e00, 0x9fa6)] + [chr(c) for c in range(33, 127)]
vocabulary = {t: i for i, t in enumerate(["[PAD]", "[UNK]", *chars])}
tokenizer = Tokenizer(models.WordLevel(vocabulary, "[UNK]"))
tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]")
config = BertConfig(vocab_size=len(vocabulary), hidden_size=32, num_hidden_layers=1,
                    num_attention_heads=2, intermediate_size=64, max_position_embeddings=512)
BertModel(config).save_pretrained(sys.argv[1] + "-body")
fast.save_pretrained(sys.argv[1] + "-body")
body = Transformer(sys.argv[1] + "-body", max_seq_length=256)
model = SentenceTransformer(modules=[body, Pooling(32)],
                            prompts={"query": "问：", "document": "文："}, device="cpu")
model.save_pretrained(sys.argv[1])
"""
    folder = tmp_path_factory.mktemp("models")
    for name, seed in (("one", "1"), ("two", "2")):
        subprocess.run([sys.executable, "-c", code, str(folder / name), seed], check=True)
    return folder / "one"


@pytest.fixture(scope="session")
def tiny_reranker(tmp_path_factory):
    """A real cross-encoder, made here: a small random BERT with one output."""
    folder = tmp_path_factory.mktemp("rerankers") / "cross"
    subprocess.run([sys.executable, "-c", CROSS, str(folder)], check=True)
    return folder
