"""Keras losses of Noisewise; they import keras and numpy only."""
