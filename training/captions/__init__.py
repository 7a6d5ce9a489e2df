"""The words that captions are made of, from what is measured and what is heard."""
