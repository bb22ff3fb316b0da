import importlib.util
import json
import shutil

import keras
import numpy as np
import pytest

from app.errors import UserError
from app.metrics.evaluation import measure
from app.metrics.features import EXTRACTORS, extractor
from app.metrics.features.clip import ClipB32Features, ClipL14Features
from app.metrics.features.siglip import SiglipFeatures
from tests.app.metrics.features.inception_tensors import random_images
from tests.app.metrics.features.presets import TEXTS, write_clip, write_siglip

HUB = importlib.util.find_spec("keras_hub") is not None
needs_hub = pytest.mark.skipif(not HUB, reason="keras-hub is absent (requirements-pretrained.txt)")
CLASSES = {each.name: each for each in (ClipB32Features, ClipL14Features, SiglipFeatures)}
WRITERS = {
    "clip-vit-b32": write_clip,
    "clip-vit-l14-336": lambda folder: write_clip(folder, patch=14, size=336),
    "siglip": write_siglip,
}


@pytest.fixture(scope="module", params=CLASSES)
def made(request, tmp_path_factory):
    """Extractor, its folder, and the backbone whose weights are in it."""
    folder = tmp_path_factory.mktemp(request.param)
    keras.utils.set_random_seed(1)
    backbone = WRITERS[request.param](folder)
    return extractor(request.param, weights=folder, batch_size=2), folder, backbone


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """A folder of CLIP, to be copied and harmed."""
    folder = tmp_path_factory.mktemp("clip")
    write_clip(folder)
    return folder


@pytest.fixture
def copy(clip, tmp_path):
    return shutil.copytree(clip, tmp_path / "copy")


@needs_hub
def test_embeddings_are_those_of_the_saved_backbone(made):
    """Its own logits are scaled cosines of both: neither tower nor projection is lost."""
    judge, _, backbone = made
    images, texts = random_images(60, 45, count=3), [*TEXTS]
    seen, read = judge(images), judge.embed_text(texts)
    assert seen.shape == read.shape == (3, judge.dimension) and seen.dtype == np.float32
    inputs = {
        "images": judge.prepare(images, judge.size),
        "token_ids": keras.ops.array(judge.tokens(texts)),
    }
    logits = keras.ops.convert_to_numpy(backbone(inputs)["vision_logits"])
    cosines = (seen / np.linalg.norm(seen, axis=1)[:, None]) @ (
        read / np.linalg.norm(read, axis=1)[:, None]
    ).T
    fitted = np.polyfit(cosines.ravel(), logits.ravel(), 1)
    np.testing.assert_allclose(np.polyval(fitted, cosines), logits, atol=1e-3)
    assert fitted[0] == pytest.approx(np.exp(_scale(backbone)), rel=1e-3)


def _scale(backbone):
    head = getattr(backbone, "clip_head", None) or backbone.siglip_head
    return float(keras.ops.convert_to_numpy(head.logit_scale))


@needs_hub
def test_features_do_not_depend_on_the_batch_and_know_images_and_texts(made):
    judge, _, _ = made
    images = random_images(40, 30, count=3)
    found = judge(images)
    np.testing.assert_allclose(judge(images[2:]), found[2:], atol=1e-5)
    assert np.abs(found[0] - found[1]).max() > 1e-4
    texts = judge.embed_text(TEXTS)
    np.testing.assert_allclose(judge.embed_text(TEXTS[2:]), texts[2:], atol=1e-5)
    assert np.abs(texts[0] - texts[1]).max() > 1e-4
    np.testing.assert_allclose(judge.embed_text([TEXTS[0].upper()]), texts[:1], atol=1e-5)
    embedded = keras.ops.convert_to_numpy(judge.embed(images.astype("float32")))
    np.testing.assert_allclose(embedded, found, atol=1e-4)
    grey = images[..., :1]
    np.testing.assert_allclose(judge(grey), judge(grey.repeat(3, -1)), atol=1e-5)
    assert judge(images[:0]).shape == judge.embed_text([]).shape == (0, judge.dimension)


@needs_hub
def test_tokens_by_hand(made):
    """CLIP: letters and "the" between its start and end; a long text keeps its end token."""
    judge, _, _ = made
    tokens = judge.tokens(["the cat", "a" * 200])
    assert tokens.dtype == np.int32 and len(tokens[0]) == (64 if judge.name == "siglip" else 77)
    if judge.name == "siglip":
        assert tokens[1, -1] == 1 and np.all(judge.tokens(["The, cat!"]) == tokens[0])
        return
    start, end, the = 74, 75, 73
    assert tokens[0, :6].tolist() == [start, the, 2, 0, 36 + 19, end]
    assert np.all(tokens[0, 6:] == end)
    assert tokens[1, 0] == start and tokens[1, -1] == end and np.all(tokens[1, 1:-1] == 0)


@needs_hub
def test_metrics_take_them(made):
    """Distances and image-text scores, as with the shipped encoder."""
    judge, _, _ = made
    images = np.concatenate([random_images(32, 32, count=8), np.zeros((8, 32, 32, 3), "uint8")])
    scores = measure(
        images,
        255 - images,
        judge,
        metrics=["cmmd", "kid", "frechet", "image_text"],
        labels=np.arange(16) % 3,
        prompts=TEXTS,
    )
    assert {"cmmd", "kid", "frechet", "matching_accuracy", "clip_score"} <= set(scores)
    assert all(score.extractor_digest == judge.digest for score in scores.values())
    assert np.all(np.isfinite([score.value for score in scores.values()]))


@needs_hub
def test_the_digest_knows_weights_vocabulary_and_activation(made, clip, tmp_path):
    judge, folder, _ = made
    assert CLASSES[judge.name](folder).digest == judge.digest and len(judge.digest) == 64
    if judge.name != "clip-vit-b32":
        return
    other = shutil.copytree(folder, tmp_path / "merges")
    merges = other / "assets/tokenizer/merges.txt"
    merges.write_text("t h\n")
    digests = {judge.digest, ClipB32Features(other).digest, ClipB32Features(clip).digest}
    shutil.copytree(folder, tmp_path / "gelu")
    config = (folder / "config.json").read_text().replace('"quick_gelu"', '"gelu"')
    (tmp_path / "gelu/config.json").write_text(config)
    digests.add(ClipB32Features(tmp_path / "gelu").digest)
    assert len(digests) == 4


@needs_hub
def test_other_images_texts_and_arguments_are_refused(made):
    judge, folder, _ = made
    with pytest.raises(ValueError, match="uint8"):
        judge(np.zeros((1, 8, 8, 3), "float32"))
    with pytest.raises(ValueError, match=f"{judge.title} takes RGB or grey"):
        judge(np.zeros((1, 8, 8, 4), "uint8"))
    with pytest.raises(ValueError, match="list of texts"):
        judge.embed_text("a photo of a cat")
    with pytest.raises(ValueError, match="at least 1"):
        CLASSES[judge.name](folder, batch_size=0)


@needs_hub
def test_a_preset_of_another_size_or_family_is_refused(clip):
    with pytest.raises(UserError, match="patches of 14 pixels in images of 336.*32 in.* 224"):
        ClipL14Features(clip)
    with pytest.raises(UserError, match="SigLIPBackbone.*describes CLIPBackbone.*siglip_base"):
        SiglipFeatures(clip)


@needs_hub
def test_damaged_files_are_refused(copy):
    vocabulary = copy / "assets/tokenizer/vocabulary.json"
    words = json.loads(vocabulary.read_text())
    vocabulary.write_text(json.dumps(words | {"more": len(words)}))
    with pytest.raises(UserError, match="77 pieces, but the weights know 76.*belong together"):
        ClipB32Features(copy)
    vocabulary.write_text("{")
    with pytest.raises(UserError, match="cannot be read: it is damaged.*Get the folder of clip_"):
        ClipB32Features(copy)
    vocabulary.write_text(json.dumps(words))
    weights = copy / "model.weights.h5"
    weights.write_bytes(weights.read_bytes()[:5000])
    with pytest.raises(UserError, match="cannot be read"):
        ClipB32Features(copy)
    weights.unlink()
    with pytest.raises(UserError, match="get model.weights.h5 of the Keras preset"):
        ClipB32Features(copy)


@pytest.mark.parametrize("name", CLASSES)
def test_without_weights_one_sentence_says_where_to_put_them(name, tmp_path):
    """The class is registered, and making it needs neither keras-hub nor a network."""
    assert EXTRACTORS[name] is CLASSES[name]
    with pytest.raises(UserError) as refusal:
        extractor(name, weights=tmp_path)
    said = str(refusal.value)
    assert "get config.json, model.weights.h5, tokenizer.json, assets/tokenizer/vocabulary" in said
    assert f"keras/{CLASSES[name].preset} and put them into the folder {tmp_path}, or" in said
    assert said.endswith("as --extractor-weights.") and "\n" not in said
    assert ("pip install -r requirements-pretrained.txt" in said) == (not HUB)


def test_the_folder_of_transformers_is_refused_in_a_sentence(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "clip"}))
    with pytest.raises(UserError, match="format of transformers, clip.*clip_vit_base_patch32"):
        ClipB32Features(tmp_path)
    (tmp_path / "config.json").write_text("[]")
    with pytest.raises(UserError, match="describes something else"):
        ClipB32Features(tmp_path)
