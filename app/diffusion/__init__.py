"""Schedules, targets, guidance, samplers: the mathematics of diffusion."""
