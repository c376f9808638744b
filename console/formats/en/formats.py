"""English: "28 Nov 2026", "28 Nov 2026 09:14 UTC"."""

DATE_FORMAT = "j M Y"
DATETIME_FORMAT = "j M Y H:i T"
