"""Statistics of experiments: pure formulas, each with its source."""
