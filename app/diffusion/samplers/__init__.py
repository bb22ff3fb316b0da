"""Samplers, one algorithm a file."""
