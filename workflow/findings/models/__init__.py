"""Models of associations: weighted fits by influence values, average marginal effects, their checks and their rows."""
