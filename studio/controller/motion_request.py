"""What the engine is asked to gather: the document without all that gives no motion."""

from dataclasses import replace

from core.base.controls import Factor
from core.jobs.document import write_document
from core.session.bank import used_ids
from core.timeline.document import Document, Track
from core.timeline.strip import Strip


def motion_sources(document: Document) -> tuple[str, ...]:
    """Ids of the sources that motion is needed of, in the order of the library."""
    used = used_ids(document) | {document.avatar.source_id}
    return tuple(source.id for source in document.sources if source.id in used)


def motion_text(document: Document, only: str | None = None) -> str:
    """A document of the same motion as text: one strip per source, no curves.

    Args:
        document: Whose motion is needed.
        only: The one source to gather; None gathers all.
    """
    used = used_ids(document)
    wanted = [
        source.id for source in document.sources if source.id in used and only in (None, source.id)
    ]
    strips = tuple(Strip(f"strip {name}", name, 0, 1) for name in wanted)
    tracks = tuple(Track(factor, strips if factor is Factor.LIPS else ()) for factor in Factor)
    avatar = document.avatar
    if only not in (None, avatar.source_id):
        avatar = replace(avatar, source_id="")
    return write_document(
        Document(
            rate=document.rate,
            n_frames=document.n_frames,
            seed=document.seed,
            avatar=avatar,
            sources=document.sources,
            tracks=tracks,
        )
    )
