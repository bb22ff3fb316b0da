"""Networks and trainable models."""
