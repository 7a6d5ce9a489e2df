"""Captions from elsewhere into the session: which files hold some, whose they are, and what becomes of those there."""
