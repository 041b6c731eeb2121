"""The session folder: schema, save, load, upgrade, relink."""
