"""What --llm-url, --llm-model, --listen and --version mean together."""

from __future__ import annotations

import pytest

from j2a.errors import UsageError
from j2a.options import asked

URL = "http://localhost:8000/v1"


def test_a_server_listens_where_it_is_asked_to() -> None:
    how = asked(llm_url=URL, llm_model="ear", listen=True, correct_figures=True)
    assert (how.version, how.backbone, how.correct_figures) == ("listen", f"{URL}#ear", True)
    assert asked(llm_url=URL, version="listen").version == "listen"
    assert asked(llm_url=URL).version == "1.0"
    assert not asked(llm_url=URL).correct_figures


def test_nobody_listens_without_a_server() -> None:
    for typed in ({"listen": True}, {"version": "listen"}, {"listen": True, "backbone": "7b"}):
        with pytest.raises(UsageError, match="none is named"):
            asked(**typed)


def test_listening_is_a_version_of_its_own() -> None:
    with pytest.raises(UsageError, match=r"--version 2\.1 another"):
        asked(llm_url=URL, listen=True, version="2.1")
