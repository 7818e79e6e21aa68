"""From raw survey exports to findings anyone can check: one module per stage, pure functions."""
