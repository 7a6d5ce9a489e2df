"""The Textual app. It holds no rule about music or captions, and never loads torch."""
