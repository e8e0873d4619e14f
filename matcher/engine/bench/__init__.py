"""Speed and scale of the engine beside what could be used instead of it, in one run on the same vectors and texts."""
