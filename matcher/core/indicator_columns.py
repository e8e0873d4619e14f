"""The columns that an indicator has in every table of indicators."""

from sqlalchemy import Float, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from matcher.core.rows import IndicatorRow


class IndicatorColumns:
    """Give a model the columns of an `IndicatorRow`, in the order `position`."""

    position: Mapped[int] = mapped_column(default=0)
    name: Mapped[str] = mapped_column(String(80))
    comparator: Mapped[str] = mapped_column(String(8))
    value: Mapped[float | None] = mapped_column(Float)
    value_high: Mapped[float | None] = mapped_column(Float)
    unit: Mapped[str] = mapped_column(String(40), default="")
    text: Mapped[str] = mapped_column(Text, default="")

    def row(self) -> IndicatorRow:
        """Return the row as a value."""
        return IndicatorRow(self.name, self.comparator, self.value, self.value_high, self.unit, self.text)
