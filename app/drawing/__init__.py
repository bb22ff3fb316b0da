"""Pictures of a run: drawn, steered by a second network, begun with something, by attributes."""
