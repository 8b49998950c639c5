from sqlalchemy import Column, ForeignKey
from sqlmodel import Field


def foreign(target: str, target_column: str = "id", ondelete: str = "CASCADE", nullable=False):
    return Field(
        sa_column=Column(
            ForeignKey(f"{target}.{target_column}", ondelete=ondelete), nullable=nullable
        )
    )
