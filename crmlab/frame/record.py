"""How numbers are written down: the same on every machine, and harmless in a spreadsheet."""

import json
import math

import pandas as pd


def spreadsheet_safe(table: pd.DataFrame) -> pd.DataFrame:
    """Text that a spreadsheet would run as a formula gets a leading apostrophe."""
    def safe(value):
        return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" and value else value

    return table.map(safe)


def plain(value):
    """Numbers to ten significant digits, missing ones to None, for JSON that is the same on every machine."""
    if isinstance(value, dict):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return float(f"{value:.10g}") if math.isfinite(value) else None
    return None if value is pd.NA or value is pd.NaT else value


def as_json(value) -> str:
    return json.dumps(plain(value), indent=1, ensure_ascii=False, default=str) + "\n"
