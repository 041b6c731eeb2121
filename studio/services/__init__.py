"""What the controllers lean on: disk work, pictures of media, sound and capture devices."""
