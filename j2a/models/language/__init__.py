"""What writes: language models, and how text comes out of them."""
