"""Measures of images, each with its n, floor and interval."""
