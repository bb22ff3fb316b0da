"""What targets, conditions and samplers share: Keras saves and rebuilds them by their arguments."""


class Configured:
    """Saved as the arguments of its constructor: none, unless a kind says otherwise.

    Example:
        ```python
        NoiseTarget.from_config(NoiseTarget().get_config())
        ```
    """

    def get_config(self):
        """Returns no arguments."""
        return {}

    @classmethod
    def from_config(cls, config):
        """Rebuilds what `get_config` described."""
        return cls(**config)
