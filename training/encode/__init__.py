"""``j2a-train encode``: what the frozen encoder hears in each clip, kept."""
