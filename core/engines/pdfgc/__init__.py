"""The engine of PD-FGC's networks."""
