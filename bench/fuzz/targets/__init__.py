"""The parsers, a family in each module."""
