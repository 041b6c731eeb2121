"""Errors that a person may read.

Every message is one sentence that says what failed, why, and what to do. The command line prints
it as it is; anything that is not a `StudioError` is our own fault.
"""


class StudioError(Exception):
    """Base of every error that is meant for the user."""


class MediaError(StudioError, ValueError):
    """A picture, video or sound that cannot be read or written."""


class FaceError(StudioError, ValueError):
    """A picture without a usable face."""


class MotionError(StudioError, ValueError):
    """A motion source that cannot be used."""


class SessionError(StudioError, ValueError):
    """A session that cannot be read or written."""


class EngineError(StudioError, RuntimeError):
    """An engine that is unknown or cannot run."""


class WeightsError(StudioError, ValueError):
    """Network weights that are missing or damaged."""


class Cancelled(StudioError):
    """The user stopped the work; nothing is half done."""
