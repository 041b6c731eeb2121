"""Stretches of a strip in which its clip shows no face, and how they are told."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from core.base.controls import Factor
from core.base.time import FrameRange
from core.motion.track import FactorTrack
from core.timeline.base_lane import strip_gaps
from core.timeline.document import Document
from core.timeline.strip import Strip

Bank = Mapping[str, Mapping[Factor, FactorTrack]]


def known_gaps(
    document: Document, bank: Bank, factor: Factor, strip: Strip
) -> tuple[FrameRange, ...]:
    """The document frames of a strip without a face; none while its clip was not tracked."""
    source = bank.get(strip.source_id, {}).get(factor)
    if source is None:
        return ()
    return strip_gaps(strip, source, document.rate, document.track(factor).delay_s)


def gaps_text(gaps: Sequence[FrameRange], rate: Fraction) -> str:
    """How many gaps there are and how long: “3 gaps, 2.4 s”; empty for none."""
    if not gaps:
        return ""
    seconds = float(sum(len(gap) for gap in gaps) / rate)
    count = "1 gap" if len(gaps) == 1 else f"{len(gaps)} gaps"
    return f"{count}, {seconds:.1f} s"
