"""Times for people."""

_DAY = 86_400.0


def text(seconds: float) -> str:
    """Returns a time in words: "0.35 s", "1.0 s", "12 minutes", "25 days"."""
    if seconds < 9.95:
        return f"{seconds:#.2g} s"
    if seconds < 100:
        return f"{seconds:.0f} s"
    units = (("minutes", 60.0), ("hours", 3600.0), ("days", _DAY))
    unit, length = next((u for u in units if seconds < 100 * u[1]), units[-1])
    number = seconds / length
    return f"{number:.1f} {unit}" if number < 9.95 else f"{number:,.0f} {unit}"
