from pathlib import Path

from gridmap.studies.schema_page import schema_page

PAGE = Path(__file__).parents[3] / "docs" / "SCHEMA.md"


def test_the_committed_page_of_the_schema_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == schema_page(), "run scripts/schema_docs"
