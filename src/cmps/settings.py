"""Every option of CMPS; each is an environment variable ``CMPS_<NAME>`` too."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

Variant = Literal["fast", "accurate"]


class Settings(BaseSettings):
    """Options with their defaults.

    Example:
        >>> Settings(threads=2).threads
        2
    """

    model_config = SettingsConfigDict(env_prefix="CMPS_", extra="ignore")

    data: Path = Field(default=Path("cmps-data"), description="Folder where the gallery lives.")
    database_url: str = Field(
        default="", description="PostgreSQL with pgvector to use instead of the embedded one."
    )
    variant: Variant = Field(default="accurate", description="Text network: fast or accurate.")
    recogniser: str = Field(
        default="tiny.en",
        description="Speech recogniser: tiny.en, base, or a folder or hub name of a Whisper "
        "model in CTranslate2 format.",
    )
    recording_minutes: float = Field(
        default=10,
        gt=0,
        description="Longest recording that is searched with, in minutes; a longer one is refused.",
    )
    cache: str = Field(
        default="",
        description="Folder for what can be made again: a joined speech model, notes of checked "
        "checksums; without it the user's cache folder, on Linux ~/.cache/cmps.",
    )
    threads: int = Field(default=2, ge=1, description="CPU threads for each network.")
    rerank: int = Field(
        default=100, ge=0, description="How many of the best FPR ranks again; 0 for none."
    )
    same_person: float = Field(
        default=0.5, ge=0, le=1, description="Least probability for a sighting to join a track."
    )
    keep_sighting_days: int = Field(
        default=0,
        ge=0,
        le=36_500,
        description="For how many days sightings are kept where their camera says nothing; 0 for "
        "as long as one likes.",
    )
    keep_case_days: int = Field(
        default=0,
        ge=0,
        le=36_500,
        description="For how many days a case is kept after it was closed, where it says nothing; "
        "0 for as long as one likes.",
    )
