"""The engine process: avatars are prepared, moved and filmed there, away from the window."""
