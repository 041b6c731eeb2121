"""The frozen document of a session, its curves and strips, and their evaluation."""
