from pathlib import Path

import numpy as np
import pytest
from keras import ops

from app.metrics.features import EXTRACTORS, extractor
from app.metrics.features.inception import InceptionFeatures, prepare
from app.metrics.features.inception_graph import constant_names
from app.metrics.features.inception_layout import tensor_shapes
from tests.app.metrics.features.inception_tensors import random_images, random_tensors

GOLDEN = Path(__file__).parent / "fixtures/inception.npz"


@pytest.fixture(scope="module")
def graph(tmp_path_factory):
    """The weights of the golden numbers as a TensorFlow graph."""
    import tensorflow as tf

    graph = tf.compat.v1.GraphDef()
    names = constant_names()
    for name, array in random_tensors(tensor_shapes()).items():
        axes = {4: (2, 3, 1, 0), 2: (1, 0), 1: (0,)}[array.ndim]
        node = graph.node.add(name=names[name], op="Const")
        node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(array.transpose(axes)))
    path = tmp_path_factory.mktemp("inception") / "classify_image_graph_def.pb"
    path.write_bytes(graph.SerializeToString())
    return path


@pytest.fixture(scope="module")
def inception(graph):
    return extractor("inception", weights=graph, trusted=True, layer=192, batch_size=2)


@pytest.fixture(scope="module")
def found(inception):
    return inception.layers(random_images(45, 70))


@pytest.mark.parametrize("layer", ["64", "192", "768", "2048", "logits_unbiased", "logits"])
def test_equals_torch_fidelity(found, layer):
    # torch-fidelity 0.4.0 on torch 2.13.0, every eighth number; the largest are 2 to 80.
    expected = np.load(GOLDEN)[layer]
    assert found[layer].dtype == np.float32
    assert np.abs(found[layer][:, ::8] - expected).max() <= 1e-5 * np.abs(expected).max()


def test_features_do_not_depend_on_the_batch(inception, found):
    features, logits = inception.outputs(random_images(45, 70)[[1, 0, 1]])  # the last one is padded
    assert features.shape == (3, inception.dimension) == (3, 192)
    np.testing.assert_array_equal(features[2], features[0])
    np.testing.assert_array_equal(logits[2], logits[0])
    np.testing.assert_allclose(features, found["192"][[1, 0, 1]], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(logits, found["logits_unbiased"][[1, 0, 1]], rtol=1e-4, atol=1e-3)


def test_no_images_no_features(inception):
    assert inception(np.zeros((0, 32, 32, 3), "uint8")).shape == (0, 192)
    assert inception.logits(np.zeros((0, 32, 32, 1), "uint8")).shape == (0, 1008)


def test_digest_knows_weights_and_layer(inception):
    tensors = {"fc.bias": np.zeros(1008, "float32")}
    digest = inception._digest(tensors)
    assert len(digest) == 64 and digest != inception.digest
    assert digest == inception._digest({"fc.bias": np.zeros(1008, "float32")})
    assert digest != inception._digest({"fc.bias": np.ones(1008, "float32")})


@pytest.mark.parametrize("size", [(32, 32), (1, 5), (299, 299), (300, 640), (299, 31)])
def test_resize_is_that_of_tensorflow_1(size):
    import tensorflow as tf

    images = np.random.default_rng(0).integers(0, 256, (2, *size, 3), dtype=np.uint8)
    expected = tf.compat.v1.image.resize_bilinear(images.astype("float32"), (299, 299)).numpy()
    prepared = ops.convert_to_numpy(prepare(images))
    np.testing.assert_allclose(prepared * 128 + 128, expected, atol=1e-4)


def test_grey_is_repeated():
    images = np.random.default_rng(0).integers(0, 256, (2, 28, 28, 1), dtype=np.uint8)
    grey, colour = (ops.convert_to_numpy(prepare(each)) for each in (images, images.repeat(3, -1)))
    assert grey.shape == (2, 299, 299, 3)
    np.testing.assert_array_equal(grey, colour)


def test_other_images_and_arguments_are_refused(inception):
    with pytest.raises(ValueError, match="uint8"):
        inception(np.zeros((1, 8, 8, 3), "float32"))
    with pytest.raises(ValueError, match="RGB or grey"):
        inception(np.zeros((1, 8, 8, 4), "uint8"))
    with pytest.raises(ValueError, match=r"one of \(64, 192, 768, 2048\)"):
        InceptionFeatures(layer=1008)
    with pytest.raises(ValueError, match="at least 1"):
        InceptionFeatures(batch_size=0)


def test_it_is_registered_unmade():
    assert EXTRACTORS["inception"] is InceptionFeatures
