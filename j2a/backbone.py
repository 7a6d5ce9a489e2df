"""What names the weights that write: a version and a backbone, or a server in its place. Loads nothing."""

from __future__ import annotations

from j2a.errors import UsageError

BUILT_IN = "mini"  # the name of the weights that come with J2A
MOST_TRUTHFUL = "3.0"  # of the built-in versions, by docs/scorecard.md: rendered and real music
DEFAULT_VERSION = f"{MOST_TRUTHFUL} with {BUILT_IN}, else 1.0"  # as --help says it


LISTENING = "listen"  # the version in which a server hears the clip itself


def is_server(backbone: str) -> bool:
    """Whether a backbone is the address of a server: ``http://host:port/v1``, with ``#model`` behind it or not."""
    return backbone.startswith(("http://", "https://"))


def version_of(version: str, backbone: str, listen: bool = False) -> str:
    """The version that is asked for; where none is, the most truthful one that the backbone has weights of.

    Raises ``UsageError`` for one that listens by a server, and no server.
    """
    if listen and version not in ("", LISTENING):
        raise UsageError(
            f"--listen is a version of its own, and --version {version} another.", "Leave out one of the two."
        )
    if (listen or version == LISTENING) and not is_server(backbone):
        raise UsageError(
            "a server is to hear the clip, and none is named.", "Name one that takes sound: --llm-url URL --listen."
        )
    if listen:
        return LISTENING
    return version or (MOST_TRUTHFUL if backbone == BUILT_IN else "1.0")


def backbone_of(backbone: str, llm_url: str | None, llm_model: str) -> str:
    """The backbone that the options name; a server's is its address, with the model behind ``#``."""
    if llm_url is None:
        return backbone
    if not is_server(llm_url):
        raise UsageError(f"{llm_url.rpartition('@')[2]} is no address of a server.", "Write it like http://localhost:11434/v1")
    return f"{llm_url}#{llm_model}" if llm_model else llm_url
