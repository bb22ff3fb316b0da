"""Keras layers of Noisewise; they import keras and numpy only."""
