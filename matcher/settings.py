"""Settings: one typed, frozen object read from the environment or a `.env` file."""

import secrets
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Hold every setting; each is named after its environment variable and says what it does."""

    model_config = SettingsConfigDict(
        env_prefix="MATCHER_",
        env_file=".env",
        env_file_encoding="utf-8",
        extra="ignore",
        frozen=True,
        env_ignore_empty=True,
    )

    data: Path = Field(
        Path("instance"), description="Folder for everything the program writes: database, index, model, uploads."
    )
    database_url: str = Field(
        "",
        validation_alias=AliasChoices("DATABASE_URL", "MATCHER_DATABASE_URL"),
        description="Database; empty: SQLite in the data folder. PostgreSQL: postgresql+psycopg://user:password@host/name",
    )
    environment: Literal["development", "production"] = Field(
        "development", description="In production demo data is refused and cookies travel over HTTPS only."
    )
    secret_key: str = Field("", description="Key that signs sessions; empty: made once and kept in the data folder.")
    encoder: str = Field(
        "bundled", description="Text encoder: `bundled`, or any sentence-transformers model (hub id or folder)."
    )
    encoder_backend: Literal["auto", "openvino", "torch"] = Field(
        "auto",
        description="What runs the encoder; auto: a GPU, else OpenVINO when it gives the same vectors, else PyTorch.",
    )
    cross_encoder: str = Field(
        "",
        description="Optional sentence-transformers CrossEncoder (hub id or folder) that reads the best pairs again.",
    )
    milvus_url: str = Field("", description="Address of a Milvus server; empty: the embedded index of this machine.")
    milvus_token: str = Field("", description="Access token of the Milvus server.")
    pairings_per_item: int = Field(
        10, ge=1, le=100, description="Candidate pairings proposed for each need and each offer."
    )
    exploration: float = Field(
        0.1,
        ge=0,
        le=0.5,
        description="Share of a need's pairings drawn from further down the list, so that learning sees them; 0: none.",
    )
    host: str = Field("127.0.0.1", description="Address on which the web server listens.")
    port: int = Field(8000, ge=1, le=65535, description="Port on which the web server listens.")
    proxies: int = Field(
        0, ge=0, le=5, description="Reverse proxies in front: whose word on the client's address and scheme is taken."
    )
    workers: int = Field(2, ge=1, le=64, description="Web server processes.")
    max_upload_mb: int = Field(20, ge=1, le=500, description="Largest file that may be uploaded, in MB.")
    max_rows: int = Field(5000, ge=1, le=100_000, description="Most rows of one uploaded list.")
    site: str = Field("", description="Public address of the platform, for links in mails; empty: host and port.")
    smtp_host: str = Field("", description="Mail server; empty: mails are written as .eml files to the folder `mail`.")
    smtp_port: int = Field(587, ge=1, le=65535, description="Port of the mail server.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="How the line to the mail server is encrypted; none: only on a trusted network."
    )
    smtp_user: str = Field("", description="User at the mail server; empty: no sign-in.")
    smtp_password: str = Field("", description="Password at the mail server.")
    smtp_authorities: str = Field(
        "",
        description="File of certificates (PEM) that are trusted besides the system's, for a mail server of the house; empty: none.",
    )
    mail_sender: str = Field("no-reply@localhost", description="Address from which the platform writes.")
    webhook_url: str = Field("", description="Webhook of the desk's group robot; empty: none.")
    webhook_style: Literal["wecom", "dingtalk"] = Field(
        "wecom", description="What the group robot understands: 企业微信 (wecom) or 钉钉 (dingtalk)."
    )
    webhook_secret: str = Field("", description="Secret with which calls to a 钉钉 robot are signed; empty: unsigned.")
    remind_days: int = Field(
        3, ge=1, le=60, description="Days after which a side that has not answered an introduction is reminded, twice."
    )
    introduction_days: int = Field(14, ge=2, le=180, description="Days after which an introduction runs out.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Least level that is logged.")

    @property
    def url(self) -> str:
        """Return the address of the database."""
        return self.database_url or f"sqlite:///{(self.data / 'matcher.sqlite').absolute()}"

    @property
    def address(self) -> str:
        """Return the address of the platform as people reach it, without a slash at the end."""
        return (self.site or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def is_production(self) -> bool:
        """Say whether this is the real thing."""
        return self.environment == "production"

    @cached_property
    def session_key(self) -> str:
        """Return the key that signs sessions, made at first use and shared by all processes of the data folder."""
        if self.secret_key:
            return self.secret_key
        path = self.data / "secret-key"
        self.data.mkdir(parents=True, exist_ok=True)
        try:
            with path.open("x", encoding="ascii") as file:
                path.chmod(0o600)
                file.write(secrets.token_urlsafe(32))
        except FileExistsError:
            pass
        return path.read_text("ascii")
