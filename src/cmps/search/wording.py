"""How figures are written for people: one way for tables, contact sheets and answers."""

from __future__ import annotations

from datetime import UTC, datetime

HUMAN_DECIDES = "Scores are a guide: look at the pictures. A human decides who it is."


def percent(probability: float) -> str:
    """Write a probability.

    Example:
        >>> percent(0.9312), percent(0.0001), percent(0.99999)
        ('93.1 %', '<0.1 %', '>99.9 %')
    """
    if probability < 0.001:
        return "<0.1 %"
    return ">99.9 %" if probability > 0.999 else f"{100 * probability:.1f} %"


def moment(time: datetime | None) -> str:
    """Write a time in UTC; a dash where nobody knows it.

    Example:
        >>> moment(datetime.fromisoformat("2026-05-01T16:30:00+02:00")), moment(None)
        ('2026-05-01 14:30:00Z', '–')
    """
    return "–" if time is None else f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"


def iso(time: datetime | None) -> str | None:
    """Write a time in UTC as ISO 8601.

    Example:
        >>> iso(datetime.fromisoformat("2026-05-01T16:30:00+02:00"))
        '2026-05-01T14:30:00Z'
    """
    return None if time is None else time.astimezone(UTC).isoformat().replace("+00:00", "Z")
