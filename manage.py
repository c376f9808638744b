#!/usr/bin/env python
"""Berth's command line: `manage.py serve` runs the console."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
    from django.core.management import execute_from_command_line

    from console.env import WrongSetting

    try:
        execute_from_command_line(sys.argv)
    except WrongSetting as problem:
        sys.exit(f"Berth cannot start: {problem}")


if __name__ == "__main__":
    main()
