"""spaCy's: a tok2vec, and a small pipeline, from configs as users write them, with random weights."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
from spacy.lang.en import English
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import load_config_from_str, load_model_from_config, registry
from thinc.api import Config

from asv_bench._thinc.networks import Network

DOCS, WORDS, VOCABULARY, TAGS = 16, 40, 4000, 17

CNN = """
[model]
@architectures = "spacy.HashEmbedCNN.v2"
pretrained_vectors = null
width = {width}
depth = {depth}
embed_size = 2000
window_size = 1
maxout_pieces = 3
subword_features = true
"""

MISH = """
[model]
@architectures = "spacy.Tok2Vec.v2"

[model.embed]
@architectures = "spacy.MultiHashEmbed.v2"
width = 96
attrs = ["NORM", "PREFIX", "SUFFIX", "SHAPE"]
rows = [2000, 1000, 1000, 1000]
include_static_vectors = false

[model.encode]
@architectures = "spacy.MishWindowEncoder.v2"
width = 96
depth = 4
window_size = 1
"""

PIPELINE = """
[nlp]
lang = "en"
pipeline = ["tok2vec", "tagger"]

[components]

[components.tok2vec]
factory = "tok2vec"

[components.tok2vec.model]
@architectures = "spacy.HashEmbedCNN.v2"
pretrained_vectors = null
width = 96
depth = 4
embed_size = 2000
window_size = 1
maxout_pieces = 3
subword_features = true

[components.tagger]
factory = "tagger"

[components.tagger.model]
@architectures = "spacy.Tagger.v2"

[components.tagger.model.tok2vec]
@architectures = "spacy.Tok2VecListener.v1"
width = 96
"""


def build(name: str) -> Any:
    """A network of spaCy's with its data."""
    if name == "pipeline":
        return Pipeline()
    texts = {
        "tok2vec": CNN.format(width=96, depth=4),
        "tok2vec_wide": CNN.format(width=256, depth=4),
        "tok2vec_mish": MISH,
    }
    docs = [Doc(VOCAB, words=words) for words in sentences()]
    model = registry.resolve(Config().from_str(texts[name]))["model"]
    model.initialize(X=docs)
    return Network(model, docs)


def sentences() -> list[list[str]]:
    """Made-up words, the frequent ones often, as in a text."""
    rng = random.Random(0)
    words = ["".join(rng.choices("etaoinshrdlu", k=rng.randint(2, 9))) for _ in range(VOCABULARY)]
    weights = [1 / (k + 1) for k in range(VOCABULARY)]
    return [rng.choices(words, weights, k=rng.randint(WORDS // 2, 3 * WORDS // 2)) for _ in range(DOCS)]


VOCAB = English().vocab


class Pipeline:
    """tok2vec and tagger: texts in, tags out, with the tokenizer and all that spaCy does around the networks."""

    def __init__(self) -> None:
        config = load_config_from_str(PIPELINE)
        self.nlp = load_model_from_config(config, auto_fill=True)
        rng = random.Random(1)
        self.texts = [" ".join(words) for words in sentences()]
        docs = [self.nlp.make_doc(text) for text in self.texts]
        tags = [{"tags": [f"T{rng.randrange(TAGS)}" for _ in doc]} for doc in docs]
        self.examples = [Example.from_dict(doc, each) for doc, each in zip(docs, tags, strict=True)]
        self.optimizer = self.nlp.initialize(lambda: self.examples)
        # spaCy's tagger begins with weights 0, behind which no gradient would be seen.
        output = self.nlp.get_pipe("tagger").model.get_ref("softmax")
        weights = np.random.default_rng(2).normal(scale=0.1, size=output.get_param("W").shape)
        output.set_param("W", weights.astype(np.float32))

    def predict(self) -> list[Doc]:
        return list(self.nlp.pipe(self.texts))

    def train(self) -> dict[str, float]:
        return self.nlp.update(self.examples, sgd=self.optimizer, drop=0.0)

    def agree(self, other: Pipeline) -> None:
        """Raise AssertionError unless tags and loss are those of the other pipeline."""
        pairs = zip(self.predict(), other.predict(), strict=True)
        tokens = [(a.tag_ == b.tag_) for ours, theirs in pairs for a, b in zip(ours, theirs, strict=True)]
        # Where two tags are almost equally probable, the last bit decides.
        assert sum(tokens) >= 0.99 * len(tokens), f"{sum(tokens)} of {len(tokens)} tags agree"
        ours, theirs = self.train()["tagger"], other.train()["tagger"]
        assert abs(ours - theirs) <= 1e-4 * abs(theirs), (ours, theirs)
