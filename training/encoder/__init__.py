"""The small audio encoder of the built-in J2A-2.x: MW-MAE's architecture, trained to tell the facts of a corpus."""
