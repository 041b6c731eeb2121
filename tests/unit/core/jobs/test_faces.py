"""Which faces there are to choose from."""

from pathlib import Path

from core.base.progress import Progress
from core.jobs.faces import THUMBNAIL_PX, answer
from core.jobs.messages import FindFaces

PORTRAIT = Path(__file__).parents[4] / "assets" / "sample" / "portrait.jpg"


def test_faces_come_with_thumbnails_and_their_place() -> None:
    reply = answer(FindFaces(str(PORTRAIT), ticket=7), Progress())
    assert reply.ticket == 7
    assert max(reply.picture.shape[:2]) <= 960
    (thumbnail,), (box,) = reply.thumbnails, reply.boxes
    assert thumbnail.shape == (THUMBNAIL_PX, THUMBNAIL_PX, 3)
    assert 0.0 < box[0] < box[2] < 1.0
    assert 0.0 < box[1] < box[3] < 1.0
    corner = (0.0, 0.0, 0.1, 0.1)
    nothing = answer(FindFaces(str(PORTRAIT), crop=corner, ticket=8), Progress())
    assert (nothing.thumbnails, nothing.boxes) == ((), ())
