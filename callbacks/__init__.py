"""Keras callbacks of Noisewise; each works in a plain ``model.fit``."""
