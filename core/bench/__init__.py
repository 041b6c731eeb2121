"""What avatar-studio bench measures."""
