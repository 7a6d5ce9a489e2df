"""``j2a-train mini``: the built-in language model."""
