"""Floor 4, the data wing: public data sets, simulated worlds, your own file."""
