"""The parts of the window. Each binds widgets to the controllers of `studio.controller`."""
