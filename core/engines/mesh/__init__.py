"""The engine without weights: layered warp, painted eyes and mouth."""
