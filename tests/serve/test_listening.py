"""A port that is not free: of a server that was killed a moment ago, and of another program."""

from __future__ import annotations

import socket
import threading

import pytest

from milepost.errors import SettingsError
from milepost.serve import listen
from milepost.settings import Settings


@pytest.fixture
def taken() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


def test_what_a_killed_server_left_is_waited_for(taken: socket.socket) -> None:
    port = taken.getsockname()[1]
    threading.Timer(0.3, taken.close).start()
    with listen(Settings(port=port)) as listener:
        assert listener.getsockname()[1] == port


def test_another_program_is_said(taken: socket.socket) -> None:
    with taken, pytest.raises(SettingsError, match="is in use"):
        listen(Settings(port=taken.getsockname()[1]))
