"""Golden dialogues: scripts of turns that a pack's conversations must keep to, played on a desk of their own."""
