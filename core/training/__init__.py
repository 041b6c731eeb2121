"""Training of the networks on plain clips; needs nothing of the studio."""
