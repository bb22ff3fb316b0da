"""Tables of papers and reports that `reproduce` runs again, one a file.

A table is a module with `NAME`, `TITLE`, `children(budget, seeds, directory)` (recipes, or
`Measured`, by name, in order) and `report(results)` (Markdown: the table and the verdicts); its
figures are functions of the results and a path. Results are {child: {"run", "folder", "scores",
"measured", "rows", "minutes"}}.
"""

from app.reproductions import diffusion_figures
from app.reproductions.tables import (
    attribute_control,
    cifar10_conditional,
    cifar10_guidance,
    dit_attention,
    domains,
    domains_figures,
    faces,
    guidance_figures,
    mnist_beyond,
    mnist_capacity,
    mnist_cold,
    mnist_entropy,
    mnist_long_short,
    mnist_schedules,
    mnist_score,
    noisy_labels,
    noisy_labels_figures,
    swa,
)

TABLES = {
    table.NAME: table
    for table in (
        noisy_labels,
        domains,
        mnist_schedules,
        mnist_capacity,
        mnist_entropy,
        mnist_long_short,
        mnist_cold,
        cifar10_conditional,
        cifar10_guidance,
        dit_attention,
        swa,
        faces,
        attribute_control,
        mnist_score,
        mnist_beyond,
    )
}
GRIDS = {"first epoch": "images/*.png", "last epoch": "images/*.png"}
STRIPS = {"noised": "figures/encode.png", "drawn": "figures/decode.png"}
LAST = {"samples": "samples/grid/grid.png"}
NORMALIZED = {"normalised distance, n = 32": (("fmd_normalized",), {})}
LOSSES = {"training loss": (("loss",), {}), "validation loss": (("val_loss",), {})}
FIGURES = {
    noisy_labels.NAME: {
        "accuracy": noisy_labels_figures.by_rate,
        "curves": noisy_labels_figures.curves,
    },
    domains.NAME: {
        "accuracy": domains_figures.by_row,
        "curves": domains_figures.curves,
        "features": domains_figures.features,
    },
    mnist_schedules.NAME: {
        "schedules": diffusion_figures.chains(mnist_schedules.schedules),
        "curves": diffusion_figures.curves(
            LOSSES | {"Frechet distance by epoch, n = 100": (("fmd",), {})}
        ),
        "pixels": diffusion_figures.curves(
            {
                "PSNR of images not clipped, dB": (("psnr_unclipped",), {}),
                "PSNR, dB": (
                    ("psnr",),
                    {"real": "psnr floor", "black": "psnr_black", "mean": "psnr_mean_image"},
                ),
                "SSIM": (
                    ("ssim",),
                    {"real": "ssim floor", "black": "ssim_black", "mean": "ssim_mean_image"},
                ),
            }
        ),
        "samples": diffusion_figures.pictures(GRIDS),
        "early-late": diffusion_figures.pictures(
            {f"epoch {n}": f"images/epoch-00{n:02d}.png" for n in mnist_schedules.SHOWN}
        ),
        "starts": diffusion_figures.pictures(LAST),
    },
    mnist_capacity.NAME: {
        "curves": diffusion_figures.curves(LOSSES),
        "samples": diffusion_figures.pictures(GRIDS),
    },
    mnist_entropy.NAME: {
        "curves": diffusion_figures.curves(LOSSES),
        "samples": diffusion_figures.pictures(LAST, columns=3),
    },
    mnist_long_short.NAME: {
        "schedules": diffusion_figures.chains(mnist_long_short.schedules),
        "curves": diffusion_figures.curves(LOSSES | NORMALIZED),
        "strips": diffusion_figures.pictures(STRIPS),
        "samples": diffusion_figures.pictures(LAST, columns=3),
    },
    mnist_cold.NAME: {
        "curves": diffusion_figures.curves(LOSSES | NORMALIZED),
        "strips": diffusion_figures.pictures(STRIPS),
        "samples": diffusion_figures.pictures(LAST),
    },
    cifar10_conditional.NAME: {
        "curves": diffusion_figures.curves(LOSSES),
        "samples": diffusion_figures.pictures(GRIDS | {"drawn": "figures/decode.png"}),
        "texts": diffusion_figures.pictures(
            {"texts": "figures/similarity.png", "captions": "figures/samples.png"}
        ),
    },
    cifar10_guidance.NAME: {
        "scores": guidance_figures.scores,
        "samples": guidance_figures.pictures,
    },
    dit_attention.NAME: {
        "curves": diffusion_figures.curves(LOSSES),
        "samples": diffusion_figures.pictures(LAST, columns=3, groups=("trained", "other")),
    },
    swa.NAME: {
        "curves": diffusion_figures.curves(
            {
                "Frechet distance": (("fmd_raw", "fmd_swa", "fmd_ema"), {}),
                **{
                    f"CMMD, {name}": (
                        tuple(f"cmmd_{name.replace('-', '_')}_{w}" for w in swa.WEIGHTS),
                        {},
                    )
                    for name in ("image-text", *swa.ENCODERS["full"])
                },
            }
        ),
    },
    faces.NAME: {
        "schedules": diffusion_figures.chains(faces.schedules),
        "curves": diffusion_figures.curves(LOSSES | {"Frechet distance by epoch": (("fmd",), {})}),
        "strips": diffusion_figures.pictures(STRIPS, columns=4),
        "samples": diffusion_figures.pictures(LAST, columns=3),
    },
    attribute_control.NAME: {
        "curves": diffusion_figures.curves(LOSSES),
        "rows": diffusion_figures.pictures(
            {"attributes": "figures/attributes.png"}, groups=("trained", "guided")
        ),
        "control": diffusion_figures.pictures(
            {"control": "figures/attribute_control.png"}, groups=("trained", "guided")
        ),
    },
    mnist_score.NAME: {
        "curves": diffusion_figures.curves(LOSSES),
        "strips": diffusion_figures.pictures({"drawn": "figures/decode.png"}, columns=1),
        "samples": diffusion_figures.pictures(LAST),
    },
    mnist_beyond.NAME: {
        "distances": diffusion_figures.distances,
        "samples": diffusion_figures.pictures(LAST, columns=3),
    },
}
