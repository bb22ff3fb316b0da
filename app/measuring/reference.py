"""What is measured against: real images, or the statistics of them that the repository ships."""

from dataclasses import dataclass

from app.build.extractor import build_extractor
from app.data.image_set import ImageSet, open_data
from app.errors import UserError
from app.metrics.reference_statistics import extractors_of, shipped_statistics
from app.metrics.statistics import Statistics


@dataclass(frozen=True, eq=False)
class Reference:
    """Real images and the extractor through which they are seen.

    Args:
        extractor: the feature extractor.
        words: what stands in every score: name, split, number of images, digest.
        shape: (height, width, channels) of the real images.
        class_names: names of their classes, () without.
        real: `ImageSet`, or None where there are only statistics.
        held_out: `ImageSet` of other real images, or None.
        statistics: `Statistics` that stand for `real`, or None.
        digest: of the real images.
    """

    extractor: object
    words: str
    shape: tuple
    class_names: tuple = ()
    real: ImageSet | None = None
    held_out: ImageSet | None = None
    statistics: Statistics | None = None
    digest: str = ""

    @classmethod
    def of(cls, real, held_out, extractor="auto", weights=None):
        """The reference of two `ImageSet`s, the second one or None."""
        made = build_extractor(extractor, real.shape, real.class_names, weights)
        return cls(
            made, real.words, real.shape, real.class_names, real, held_out, digest=real.digest
        )

    @property
    def count(self):
        """Number of real images."""
        return self.statistics.count if self.real is None else len(self.real)


def open_reference(options, say, bar=None):
    """Opens the data set that `evaluate` was given by `--against`.

    Where a data set cannot be read and the repository ships its statistics, these are used, which
    is said.

    Args:
        options: `against`, `split`, `data_directory`, `extractor`, `extractor_weights` and
            `skip_damaged`, as in `app.options.Evaluate`.
        say: function of one sentence.
        bar: function (description, total) of a progress bar, or None.

    Raises:
        UserError: no such data set, or nothing of it can be read.
    """
    name, split = options.against, options.split
    try:
        sets = open_data(name, options.data_directory, split, options.skip_damaged, bar)
    except UserError as error:
        shipped = extractors_of(name, split)
        wanted = options.extractor
        if not shipped or wanted not in ("auto", *shipped):
            raise
        reference = _shipped(name, split, shipped[0] if wanted == "auto" else wanted, options)
        say(f"{error} The shipped statistics of {name} {split} are used instead.")
        return reference
    return Reference.of(*sets, options.extractor, options.extractor_weights)


def _shipped(name, split, extractor, options):
    """The reference of shipped statistics."""
    judge = build_extractor(extractor, None, (), options.extractor_weights)
    statistics, record = shipped_statistics(name, split, judge)
    digest = record["data_digest"]
    words = f"{name} {split}, {statistics.count} images, digest {digest}, shipped statistics"
    shape, classes = tuple(record["image_shape"]), tuple(record["class_names"])
    return Reference(judge, words, shape, classes, statistics=statistics, digest=digest)
