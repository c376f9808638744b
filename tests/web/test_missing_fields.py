"""The watch over templates, which every test of a page is under (conftest.py beside it)."""

from typing import TYPE_CHECKING

import pytest
from django.template import Context, Template

from services.shown.status import StatusCell

if TYPE_CHECKING:
    from tests.web.conftest import Missing


@pytest.mark.parametrize("text", ["{{ cell.total }}", "{% if not cell.total %}no{% endif %}"])
def test_a_field_that_an_object_does_not_have_is_noticed(text: str, missing_fields: "Missing") -> None:
    Template(text).render(Context({"cell": StatusCell("ok", "3/3 ready")}))
    (asked,) = missing_fields.asked
    assert asked.startswith("StatusCell.total")
    missing_fields.asked.clear()


def test_what_a_context_or_a_mapping_lacks_is_no_mistake(missing_fields: "Missing") -> None:
    Template("{% if total %}{{ row.total }}{% endif %}{{ row.total }}").render(Context({"row": {}}))
    assert not missing_fields.asked
