"""Figures, tables and the model card."""
