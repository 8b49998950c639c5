from sqlalchemy import Column, ForeignKey, Integer, String, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlmodel import Field, SQLModel

from .const import TABLE_READINGS, TABLE_STATIONS
from .keys import foreign

HASH_TYPE = Integer().with_variant(String, "sqlite")


class Base(DeclarativeBase):
    pass


class Station(Base):
    __tablename__ = TABLE_STATIONS
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(HASH_TYPE)


class Reading(Base):
    __tablename__ = TABLE_READINGS
    id: Mapped[int] = mapped_column(primary_key=True)
    station_id: Mapped[int] = mapped_column(ForeignKey(f"{TABLE_STATIONS}.id"))


class Visit:
    pass


Visit.table = Table("visits", Base.metadata, Column("id", Integer, primary_key=True))


class Alarm(SQLModel, table=True):
    id: int = Field(primary_key=True)
    station_id: int = foreign(target=Station.__tablename__, target_column="id")
