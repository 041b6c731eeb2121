"""The timeline: ruler, tracks, strips and curves, edited by direct manipulation."""
