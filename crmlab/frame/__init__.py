"""Floor 1, the frame: words, places, schemas, statistics, the look, and the one Result."""
