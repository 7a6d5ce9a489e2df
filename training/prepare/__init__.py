"""``j2a-train prepare`` and ``split``: one table of clips."""
