"""Plans and the runner that turn a session into a file."""
