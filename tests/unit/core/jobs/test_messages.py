"""Messages travel."""

import pickle
from dataclasses import FrozenInstanceError, fields
from typing import get_args

import pytest

from core.export.settings import ExportSettings
from core.face.pose import Pose
from core.jobs.messages import (
    ENDINGS,
    Cancel,
    Export,
    Gathered,
    Prepared,
    Preview,
    Reply,
    Request,
)


@pytest.mark.parametrize(
    "message",
    [
        Preview("{}", "it.avatar", 7, side=256, controls=(0.5,) * 58, ticket=3),
        Export("{}", "it.avatar", "film.mp4", settings=ExportSettings(crf=23)),
        Cancel(4, ticket=5),
        Prepared(1, 512, 512, Pose(1.0, 2.0, 3.0), "CPU"),
    ],
)
def test_messages_survive_the_pipe_and_do_not_change(message: Request | Reply) -> None:
    assert pickle.loads(pickle.dumps(message)) == message
    with pytest.raises(FrozenInstanceError):
        message.ticket = 9


def test_every_message_has_a_ticket() -> None:
    for kind in (*get_args(Request), *get_args(Reply)):
        assert "ticket" in {field.name for field in fields(kind)}
    assert set(ENDINGS) < set(get_args(Reply))
    assert Gathered in ENDINGS
