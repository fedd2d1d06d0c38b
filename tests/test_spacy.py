"""Our backend in spaCy's pipelines, by the config that docs/thinc.rst gives. spaCy needs thinc 8."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
pytestmark = [pytest.mark.spacy, pytest.mark.filterwarnings("default")]
CONFIG = """
[nlp]
lang = "en"
pipeline = ["tok2vec", "tagger"]

[components]

[components.tok2vec]
factory = "tok2vec"

[components.tok2vec.model]
@architectures = "spacy.HashEmbedCNN.v2"
pretrained_vectors = null
width = 24
depth = 2
embed_size = 200
window_size = 1
maxout_pieces = 3
subword_features = true

[components.tagger]
factory = "tagger"

[components.tagger.model]
@architectures = "spacy.Tagger.v2"

[components.tagger.model.tok2vec]
@architectures = "spacy.Tok2VecListener.v1"
width = 24

"""
WORDS = ["the", "cat", "sat", "on", "the", "mat"]
TAGS = ["DT", "NN", "VB", "IN", "DT", "NN"]


@pytest.fixture(scope="module")
def block():
    """What the page says goes into the config."""
    (text,) = re.findall(
        r"^\.\. code-block:: ini\n\n((?:   .*\n|\n)+)", (ROOT / "docs" / "thinc.rst").read_text(), re.MULTILINE
    )
    return re.sub(r"^   ", "", text, flags=re.MULTILINE)


@pytest.fixture(autouse=True)
def same_backend_after():
    from thinc.api import get_current_ops, require_cpu, set_current_ops

    kept = get_current_ops()
    require_cpu()
    yield
    set_current_ops(kept)


def pipeline(text):
    from spacy.tokens import Doc
    from spacy.training import Example
    from spacy.util import load_config_from_str, load_model_from_config
    from thinc.api import fix_random_seed

    fix_random_seed(0)
    nlp = load_model_from_config(load_config_from_str(text), auto_fill=True)
    doc = Doc(nlp.vocab, words=WORDS, tags=TAGS)
    examples = [Example(Doc(nlp.vocab, words=WORDS), doc)]
    optimizer = nlp.initialize(lambda: examples)
    losses = [nlp.update(examples, sgd=optimizer, drop=0.0)["tagger"] for _ in range(20)]
    return nlp, losses


def backends(nlp):
    return {node.ops.name for _, component in nlp.pipeline for node in component.model.walk()}


def test_training(block):
    """The losses of 20 steps are those with thinc's backend, and the tags are learnt."""
    nlp, losses = pipeline(CONFIG + block)
    assert backends(nlp) == {"activations"}
    assert [token.tag_ for token in nlp(" ".join(WORDS))] == TAGS
    from thinc.api import require_cpu

    require_cpu()
    stock, wanted = pipeline(CONFIG)
    assert backends(stock) == {"numpy"}
    assert wanted[-1] < wanted[0] / 2
    np.testing.assert_allclose(losses, wanted, rtol=1e-3)


def test_a_saved_pipeline_is_loaded_with_it(block, tmp_path):
    import spacy

    nlp, _ = pipeline(CONFIG + block)
    nlp.to_disk(tmp_path)
    spacy.require_cpu()
    again = spacy.load(tmp_path)
    assert backends(again) == {"activations"}
    doc, same = (each(" ".join(WORDS)) for each in (nlp, again))
    np.testing.assert_array_equal(doc.tensor, same.tensor)


def test_a_stock_pipeline_is_loaded_with_it(tmp_path):
    import spacy
    from thinc.api import use_ops

    stock, _ = pipeline(CONFIG)
    stock.to_disk(tmp_path)
    with use_ops("activations"):
        ours = spacy.load(tmp_path)
    assert backends(ours) == {"activations"}
    doc, same = (each(" ".join(WORDS)) for each in (stock, ours))
    np.testing.assert_allclose(doc.tensor, same.tensor, rtol=1e-4, atol=1e-5)


def test_use_blis(block):
    assert "use_blis" not in block
    nlp, _ = pipeline(CONFIG + block.rstrip() + "\nuse_blis = false\n")
    assert not nlp.get_pipe("tagger").model.ops.use_blis


def test_spacy_train(block, tmp_path):
    """The command sets thinc's own backend first."""
    config, corpus = tmp_path / "config.cfg", tmp_path / "corpus.spacy"
    import spacy
    from spacy.tokens import Doc, DocBin

    vocab = spacy.blank("en").vocab
    DocBin(docs=[Doc(vocab, words=WORDS, tags=TAGS)] * 4, attrs=["TAG"]).to_disk(corpus)
    config.write_text(CONFIG + block)
    paths = ["--paths.train", str(corpus), "--paths.dev", str(corpus)]
    short = ["--training.max_steps", "10", "--training.eval_frequency", "5"]
    for command in (
        ["init", "fill-config", str(config), str(config)],
        ["train", str(config), "--output", str(tmp_path / "out"), *paths, *short],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "spacy", *command], cwd=ROOT, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert backends(spacy.load(tmp_path / "out" / "model-last")) == {"activations"}


def test_networks_are_timed(tmp_path):
    target = tmp_path / "networks.json"
    command = [sys.executable, "-m", "asv_bench.thinc_networks", "--networks", "tok2vec,pipeline"]
    command += ["--rounds", "1", "--gemm", "numpy", "--json", str(target), "--markdown"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    content = json.loads(target.read_text())
    assert not content["missing"]
    assert [(row["network"], row["pass"]) for row in content["results"]] == [
        (network, direction) for network in ("tok2vec", "pipeline") for direction in ("predict", "train")
    ]
    for row in content["results"]:
        assert row["ratio"] == row["ours"] / row["theirs"]
        assert 0 < row["share"] < 1
        assert f"| {row['network']:<8} | {row['pass']:<7} | numpy |" in done.stdout
