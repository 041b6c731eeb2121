"""Errors, progress, time, controls, registry and cache: what everything else stands on."""
