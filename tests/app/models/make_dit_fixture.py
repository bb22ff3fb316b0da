"""Makes the fixture of test_dit.py: a tiny random `DiTTransformer2DModel` with one output.

Run once, from the root, in an environment with torch 2.13.0 and diffusers 0.42.1:
    python tests/app/models/make_dit_fixture.py tests/app/models/fixtures/dit.npz
Each block of diffusers has a time and label embedding of its own, which published weights fill with
one and the same: so here, and the file holds the first block's only.
"""

import sys

import numpy as np
import torch
from diffusers import DiTTransformer2DModel


def main(path):
    torch.manual_seed(0)
    model = DiTTransformer2DModel(
        num_attention_heads=2,
        attention_head_dim=8,
        in_channels=3,
        out_channels=3,
        num_layers=2,
        sample_size=8,
        patch_size=2,
        num_embeds_ada_norm=3,
        norm_eps=1e-6,
    ).eval()
    embedding = model.transformer_blocks[0].norm1.emb
    model.transformer_blocks[1].norm1.emb.load_state_dict(embedding.state_dict())
    inputs, time, labels = torch.randn(2, 3, 8, 8), torch.tensor([7, 721]), torch.tensor([2, 3])
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 1:  # so that no bias is trivial
                parameter.add_(0.2 * torch.randn_like(parameter))
        model.transformer_blocks[1].norm1.emb.load_state_dict(embedding.state_dict())
        outputs = model(inputs, time, labels).sample
    arrays = {"inputs": inputs, "outputs": outputs}
    arrays = {key: value.numpy().transpose(0, 2, 3, 1) for key, value in arrays.items()}
    arrays |= {
        name: value.numpy()
        for name, value in model.state_dict().items()
        if not name.startswith(("transformer_blocks.1.norm1.emb", "pos_embed.pos_embed"))
    }
    np.savez_compressed(path, time=time.numpy(), labels=labels.numpy(), **arrays)
    print(sum(value.numel() for value in model.parameters()), float(outputs.std()))


if __name__ == "__main__":
    main(sys.argv[1])
