"""PD-FGC as an engine: latents per factor from clips, voices and puppet frames."""
