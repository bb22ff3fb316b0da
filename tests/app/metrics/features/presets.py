"""Tiny CLIP and SigLIP presets of random weights, made by keras-hub."""

import io

TEXTS = ["a photo of a cat", "a photo of the dog", "the digit 3"]


def write_clip(folder, patch=32, size=224, dimension=12, activation="quick_gelu"):
    """Writes a CLIP of one layer a tower whose vocabulary is the letters, the digits and "the"."""
    from keras_hub import models

    letters = [*"abcdefghijklmnopqrstuvwxyz0123456789"]
    pieces = [*letters, *(f"{letter}</w>" for letter in letters), "th", "the</w>"]
    pieces += ["<|startoftext|>", "<|endoftext|>"]
    shared = {"num_layers": 1, "num_heads": 2, "intermediate_dim": 32, "hidden_dim": 16}
    shared["intermediate_activation"] = activation
    backbone = models.CLIPBackbone(
        models.CLIPVisionEncoder(patch_size=patch, image_shape=(size, size, 3), **shared),
        models.CLIPTextEncoder(vocabulary_size=len(pieces), embedding_dim=16, **shared),
        projection_dim=dimension,
    )
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = models.CLIPTokenizer(vocabulary, ["t h", "th e</w>"], pad_with_end_token=True)
    for part in (backbone, tokenizer):
        part.save_to_preset(str(folder))
    return backbone


def write_siglip(folder):
    """Writes a SigLIP of one layer a tower whose vocabulary comes from `TEXTS`."""
    from keras_hub import models
    from sentencepiece import SentencePieceTrainer

    proto = io.BytesIO()
    SentencePieceTrainer.train(
        sentence_iterator=iter(TEXTS),
        model_writer=proto,
        vocab_size=30,
        hard_vocab_limit=False,
        pad_id=0,
        eos_id=1,
        unk_id=2,
        bos_id=-1,
        minloglevel=2,
    )
    tokenizer = models.SigLIPTokenizer(proto=proto.getvalue())
    shared = {"num_layers": 1, "num_heads": 2, "intermediate_dim": 32, "hidden_dim": 16}
    count = tokenizer.vocabulary_size()
    backbone = models.SigLIPBackbone(
        models.SigLIPVisionEncoder(patch_size=16, image_shape=(64, 64, 3), **shared),
        models.SigLIPTextEncoder(
            vocabulary_size=count, embedding_dim=16, projection_dim=16, **shared
        ),
    )
    for part in (backbone, tokenizer):
        part.save_to_preset(str(folder))
    return backbone
