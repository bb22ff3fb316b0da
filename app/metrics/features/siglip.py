"""SigLIP as a feature extractor, by keras-hub: images and texts in one space."""

from app.metrics.features.clip_images import siglip_input
from app.metrics.features.preset_encoder import PresetEncoder


class SiglipFeatures(PresetEncoder):
    """Extracts the features of images and of texts that SigLIP compares.

    Use it beside CLIP: it was trained on other images and with another loss, so what both say does
    not hang on either. Distances under the two do not compare. SigLIP 2 has another vocabulary and
    is refused. Needs `requirements-pretrained.txt`.

    Args:
        weights: path of a folder of the Keras preset siglip_base_patch16_224, or of another
            SigLIP; None: `~/.cache/noisewise/siglip`. Nothing is downloaded.
        batch_size: int, at least 1; images or texts per pass. Features do not depend on it.

    Call arguments:
        images: uint8 `(samples, height, width, channels)`, RGB, or grey, which is repeated three
            times; any size; images that are not square are squeezed.

    Output shape:
        `(samples, 768)` with the preset named above, float32; `embed_text` gives the same of a
        list of str.

    Raises:
        UserError: if keras-hub or a file is missing, or is not what it should be.
        ValueError: if `batch_size` is below 1, or the images are not a uint8 batch with one or
            three channels.

    Example:
        ```python
        extractor = SiglipFeatures("siglip_base_patch16_224")
        extractor(np.zeros((2, 32, 32, 3), "uint8")).shape  # (2, 768)
        extractor.embed_text(["a photo of a cat"]).shape  # (1, 768)
        ```

    References:
        Zhai et al. 2023, arXiv:2303.15343v4.
    """

    name, title = "siglip", "SigLIP"
    family, preset = "SigLIP", "siglip_base_patch16_224"
    preprocessing = "bicubic resize as Pillow, not keeping the aspect, 2 / 255 x - 1"
    prepare = staticmethod(siglip_input)
