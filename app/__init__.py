"""The Noisewise application: ``python -m app --help``."""
