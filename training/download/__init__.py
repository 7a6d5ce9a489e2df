"""``j2a-train download``: the audio of the public data sets, section by section."""
