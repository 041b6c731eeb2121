"""The inference core: everything that the command line can do, without Qt."""
