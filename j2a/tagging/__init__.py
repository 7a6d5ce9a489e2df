"""``j2a tag``: what was measured, written into the files' own tags; shown first, undone when wanted."""
