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
    return extractor("inception", weights=graph, trusted=True, batch_size=2)


@pytest.fixture(scope="module")
def found(inception):
    return inception.layers(random_images(45, 70))


@pytest.mark.parametrize("layer", ["64", "192", "768", "2048", "logits_unbiased", "logits"])
def test_equals_torch_fidelity(found, layer):
    # torch-fidelity 0.4.0 in float64, every eighth number; the largest ones are 2 to 80.
    expected = np.load(GOLDEN)[layer]
    assert found[layer].dtype == np.float32
    assert np.abs(found[layer][:, ::8] - expected).max() <= 1e-5 * np.abs(expected).max()


def test_features_do_not_depend_on_the_batch(inception, found):
    images = random_images(45, 70)
    alone = inception.layers(images[:1])  # filled up with zeros
    np.testing.assert_array_equal(alone["2048"][0], found["2048"][0])
    features, logits = inception.outputs(images[[1, 0, 1]])
    assert features.shape == (3, inception.dimension) and logits.shape == (3, 1008)
    np.testing.assert_array_equal(features[2], features[0])
    np.testing.assert_allclose(features, found["2048"][[1, 0, 1]], rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(logits, inception.logits(images[[1, 0, 1]]))
    assert inception(images[:0]).shape == (0, 2048)


def test_a_layer_has_its_width_and_digest(inception, graph):
    images = random_images(45, 70)[:1]
    shallow = InceptionFeatures(weights=graph, trusted=True, layer=64, batch_size=2)
    assert shallow.dimension == 64 and shallow.digest != inception.digest
    assert len(inception.digest) == 64
    np.testing.assert_array_equal(shallow(images), inception.layers(images)["64"])


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
