"""Write the settings as they stand in docs/operations.md and in .env.example: `.venv/bin/python -m tools.settings_table`."""

import re
from pathlib import Path

from matcher.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
OPERATIONS = ROOT / "docs" / "operations.md"
EXAMPLE = ROOT / ".env.example"
BETWEEN_MARKS = re.compile(r"(?<=<!-- settings -->\n).*?(?=<!-- /settings -->)", re.DOTALL)


def rows() -> list[tuple[str, str, str]]:
    """Return variable, default and description of every setting."""
    prefix = Settings.model_config.get("env_prefix", "")
    found = []
    for name, field in Settings.model_fields.items():
        aliases = getattr(field.validation_alias, "choices", None)
        variable = str(aliases[0]) if aliases else f"{prefix}{name}".upper()
        found.append((variable, str(field.default), field.description or ""))
    return found


def table() -> str:
    """Return the settings as a table in Markdown."""
    lines = ["| variable | default | what it is |", "|---|---|---|"]
    lines += [f"| `{variable}` | `{default or '(empty)'}` | {text} |" for variable, default, text in rows()]
    return "\n".join(lines) + "\n"


def example() -> str:
    """Return the text of .env.example."""
    parts = [f"# {text}\n#{variable}={default}\n" for variable, default, text in rows()]
    return "# Copy to .env and take the # away from what you change.\n\n" + "\n".join(parts)


if __name__ == "__main__":
    EXAMPLE.write_text(example(), "utf-8")
    OPERATIONS.write_text(BETWEEN_MARKS.sub(lambda _: table(), OPERATIONS.read_text("utf-8")), "utf-8")
