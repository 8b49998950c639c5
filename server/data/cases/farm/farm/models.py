import enum
from datetime import date, datetime
from typing import Optional

from sqlalchemy import CheckConstraint, Column, Enum, ForeignKey, Index, Integer, MetaData, Numeric, String, Table, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column, relationship


class Base(DeclarativeBase):
    metadata = MetaData()


class Kind(enum.Enum):
    COW = "cow"
    HEN = "hen"


class Stamped:
    created: Mapped[datetime] = mapped_column(server_default=func.now())

    @declared_attr
    def keeper_id(cls):
        return mapped_column(ForeignKey("keepers.id"), nullable=True)


class Keeper(Base):
    """Who looks after the animals."""

    __tablename__ = "keepers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    phone: Mapped[Optional[str]]  # with the country's number
    animals: Mapped[list["Animal"]] = relationship(back_populates="keeper")


class Animal(Stamped, Base):
    __tablename__ = "animals"
    __table_args__ = (
        Index("by_kind", "kind", "born"),
        CheckConstraint("weight > 0"),
        {"schema": "barn", "comment": "All that eat"},
    )

    id = Column(Integer, primary_key=True)
    kind = Column(Enum(Kind), nullable=False)
    born: Mapped[Optional[date]]
    weight = Column(Numeric(8, 3), comment="in kilograms")
    marks = Column(ARRAY(String(20)))
    extra = Column("properties", JSONB, server_default="{}")


feedings = Table(
    "feedings",
    Base.metadata,
    Column("animal_id", ForeignKey("barn.animals.id", ondelete="CASCADE"), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("grams", Integer, nullable=False, server_default="0"),
)
