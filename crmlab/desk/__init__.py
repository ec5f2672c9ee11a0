"""Floor 5, the desk: parameters, runs, documents, teaching."""
