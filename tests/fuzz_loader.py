"""Any bytes, guided by what they reach: documents or a problem on its line, and what loads can be written and read.

By hand, for it never ends by itself and atheris is no dependency of the tests:
``uv pip install atheris``, then ``python -m tests.fuzz_loader SEEDS [-max_total_time=3600]``. What it finds goes into
``FOUND`` of tests/unit/test_loader_property.py.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run until stopped; the first input that breaks the property ends it with a traceback and a file."""
    import atheris

    with atheris.instrument_imports(include=["services.manifests"]):
        from tests.unit.test_loader_property import holds
    atheris.Setup(sys.argv, holds)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
