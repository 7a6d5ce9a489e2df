"""What names the weights that write: a backbone, or a server in its place. Loads nothing."""

from __future__ import annotations

from j2a.errors import UsageError


def backbone_of(backbone: str, llm_url: str | None, llm_model: str) -> str:
    """The backbone that the options name; a server's is its address, with the model behind ``#``."""
    if llm_url is None:
        return backbone
    if not llm_url.startswith(("http://", "https://")):
        raise UsageError(f"{llm_url} is no address of a server.", "Write it like http://localhost:11434/v1")
    return f"{llm_url}#{llm_model}" if llm_model else llm_url
