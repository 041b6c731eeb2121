"""Face tracking, head pose, the canonical face, the control rig and its solver."""
