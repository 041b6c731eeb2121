"""Documents as they travel: read once, however often they come."""

from functools import lru_cache

from core.base.errors import SessionError
from core.session.schema import DamagedError, Project, from_text, to_text
from core.timeline.document import Document


def write_document(document: Document) -> str:
    """The text that requests carry."""
    return to_text(Project(document=document))


@lru_cache(maxsize=4)  # previews, gathering and an export may each be about another state
def read_document(text: str) -> Document:
    """The document of a request.

    Raises:
        SessionError: the text is no document.
    """
    try:
        return from_text(text).document
    except DamagedError as error:
        raise SessionError(
            f"The engine cannot read the session, because {error}: open it again."
        ) from error
