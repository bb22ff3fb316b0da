"""CLIP as a feature extractor, by keras-hub: images and texts in one space."""

from app.metrics.features.clip_images import clip_input
from app.metrics.features.preset_encoder import PresetEncoder


class ClipB32Features(PresetEncoder):
    """Extracts the features of images and of texts that CLIP ViT-B/32 compares.

    Use it for CLIP scores and zero-shot matching of photographs; of the two CLIPs it is the quick
    one. Needs `requirements-pretrained.txt`.

    Args:
        weights: path of a folder of the Keras preset clip_vit_base_patch32; None:
            `~/.cache/noisewise/clip-vit-b32`. Nothing is downloaded.
        batch_size: int, at least 1; images or texts per pass. Features do not depend on it.

    Call arguments:
        images: uint8 `(samples, height, width, channels)`, RGB, or grey, which is repeated three
            times; any size; of images that are not square the middle counts.

    Output shape:
        `(samples, 512)`, float32; `embed_text` gives the same of a list of str.

    Raises:
        UserError: if keras-hub or a file is missing, or is not what it should be.
        ValueError: if `batch_size` is below 1, or the images are not a uint8 batch with one or
            three channels.

    Example:
        ```python
        extractor = ClipB32Features("clip_vit_base_patch32")
        extractor(np.zeros((2, 32, 32, 3), "uint8")).shape  # (2, 512)
        extractor.embed_text(["a photo of a cat"]).shape  # (1, 512)
        ```

    References:
        Radford et al. 2021, arXiv:2103.00020v1; keras-hub 0.32, whose text tower ends in a layer
        normalisation with epsilon 1e-6 where OpenAI has 1e-5.
    """

    name, title = "clip-vit-b32", "CLIP ViT-B/32"
    family, preset, layout = "CLIP", "clip_vit_base_patch32", (32, 224)
    preprocessing = "bicubic resize of the shorter side as Pillow, centre crop, CLIP's mean"
    prepare = staticmethod(clip_input)


class ClipL14Features(ClipB32Features):
    """Extracts the features of CLIP ViT-L/14 at 336 pixels: the encoder CMMD was published with.

    Use it for the metric "cmmd". All else is as in `ClipB32Features`; features have 768 numbers.

    Args:
        weights: path of a folder of the Keras preset clip_vit_large_patch14_336; None:
            `~/.cache/noisewise/clip-vit-l14-336`. Nothing is downloaded.
        batch_size: int, at least 1; images or texts per pass.

    Example:
        ```python
        extractor = ClipL14Features("clip_vit_large_patch14_336")
        mmd_score(extractor(images), extractor(real), **CMMD)
        ```

    References:
        Jayasumana et al. 2024, arXiv:2401.09603v2 (CMMD).
    """

    name, title = "clip-vit-l14-336", "CLIP ViT-L/14 at 336 pixels"
    preset, layout = "clip_vit_large_patch14_336", (14, 336)
