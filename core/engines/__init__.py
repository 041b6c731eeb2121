"""Renderers: avatar and motion to frames."""
