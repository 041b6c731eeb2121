"""Motion sources and what is done to motion before it reaches the timeline."""
