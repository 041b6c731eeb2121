"""Widgets that know no document: plain data in, signals out."""
