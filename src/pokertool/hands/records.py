"""The table of hand histories."""

from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, Float, String, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, kept in UTC; SQLite has no time zones and would give it back without one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Bring the moment to UTC."""
        del dialect
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Put UTC on what comes back."""
        del dialect
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """The service's tables."""


class HandRecord(Base):
    """One hand history; cards are kept as text, as in "As Kd"."""

    __tablename__ = "hands"

    id: Mapped[int] = mapped_column(primary_key=True)
    played_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    hole: Mapped[str] = mapped_column(String(5))
    board: Mapped[str] = mapped_column(String(14))
    position: Mapped[str | None] = mapped_column(String(16))
    stack: Mapped[float | None] = mapped_column(Float(53))
    pot: Mapped[float | None] = mapped_column(Float(53))
    result: Mapped[float | None] = mapped_column(Float(53))
    notes: Mapped[str] = mapped_column(Text)
