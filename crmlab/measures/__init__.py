"""Floor 2, the measures: what several rooms measure with."""
