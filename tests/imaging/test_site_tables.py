"""Site tables."""

from __future__ import annotations

import pytest

from foundation.errors import ConfigError
from imaging.allow_list import read_allow_list
from imaging.site_tables import (
    COLUMN_SOURCES,
    SiteTable,
    canonical_terms,
    join_site_tables,
    parse_site_table,
)

HEAD = "field\ttext\tvalue\tsource\n"


def _table(*lines: str) -> SiteTable:
    return parse_site_table(HEAD + "".join(f"{line}\n" for line in lines), origin="ward.tsv")


def test_a_whole_text_leads_to_its_term_however_it_is_written() -> None:
    """Case, accents, blanks and punctuation do not count; parts of a text do not lead anywhere."""
    table = _table("body_part\tTHX-Übersicht\tchest")
    assert table.find("body_part", "protocol", "thx  ÜBERSICHT") == "CHEST"
    assert table.find("body_part", "protocol", "THX Übersicht 2") is None
    assert table.find("modality", "modality", "THX-Übersicht") is None


def test_a_line_for_one_source_comes_before_one_for_all() -> None:
    """The same text may mean different things at two places."""
    table = _table("body_part\tX\tCHEST", "body_part\tX\tKNEE\tprotocol")
    assert table.find("body_part", "protocol", "x") == "KNEE"
    assert table.find("body_part", "study_description", "x") == "CHEST"


def test_a_blank_value_silences_a_text() -> None:
    """A scanner's default is no finding."""
    assert (
        _table("body_part\tCHEST\t\tbody_part_examined").find("body_part", "body_part_examined", "Chest")
        == ""
    )


def test_short_names_of_fields_comments_and_blank_lines_are_understood() -> None:
    """People write such tables in a spreadsheet."""
    table = _table("# ours", "", "laterality\tseite 1\tL", "view\tstrahlengang 2\tpa", "modality\tDX9\tDX")
    assert [line[0] for line in table.lines] == ["image_laterality", "modality", "view_position"]


def test_the_column_source_may_be_left_out_and_the_order_is_free() -> None:
    """The headings tell."""
    table = parse_site_table("\ufeffvalue\tfield\ttext\nCHEST\tbody_part\tabc\n", origin="x")
    assert table.find("body_part", "protocol", "ABC") == "CHEST"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "Missing: field, text, value"),
        ("field\ttext\n", "Missing: value"),
        (HEAD + "bodypart\tx\tCHEST\n", "line 2: There is no field"),
        (HEAD + "body_part\tx\tCHETS\n", '"CHETS" is no term of body_part. Nearest: CHEST'),
        (HEAD + "body_part\t--\tCHEST\n", "line 2: the text has neither"),
        (HEAD + "body_part\tx\tCHEST\tnowhere\n", "There is no source of body_part"),
        (HEAD + "modality\tx\tCT\tprotocol\n", "There is no source of modality"),
        (HEAD + "body_part\tx\tCHEST\nbody_part\tX\tKNEE\n", "line 3: the text leads to two terms"),
    ],
)
def test_a_table_that_cannot_be_is_refused_with_its_line(content: str, told: str) -> None:
    """Nothing of it is applied."""
    with pytest.raises(ConfigError, match=r"ward\.tsv") as caught:
        parse_site_table(content, origin="ward.tsv")
    assert told in str(caught.value)


def test_of_two_tables_the_later_one_counts() -> None:
    """And the fingerprint follows what they say, not how they were written."""
    first, second = _table("body_part\tx\tCHEST", "body_part\ty\tHAND"), _table("body_part\tX\tKNEE")
    joined = join_site_tables([first, second])
    assert joined.find("body_part", "protocol", "x") == "KNEE"
    assert joined.find("body_part", "protocol", "y") == "HAND"
    assert joined.sha256 != first.sha256
    assert _table("body_part\tX \tknee").sha256 == second.sha256
    assert join_site_tables([]) == SiteTable()


def test_every_column_has_terms_and_sources() -> None:
    """The table may lead to any of them."""
    for column in COLUMN_SOURCES:
        assert canonical_terms(column)


def test_every_attribute_that_is_asked_has_a_line_in_the_allow_list() -> None:
    """The officer reads there what leads to a term."""
    listed = {(line.keyword, line.field) for line in read_allow_list() if line.kept == "mapped"}
    for keyword, column in (
        ("Modality", "modality"),
        ("SOPClassUID", "modality"),
        ("SeriesDescription", "view_position"),
        ("FrameAnatomySequence", "image_laterality"),
        ("ProcedureCodeSequence", "body_part"),
        ("PatientOrientation", "image_laterality"),
    ):
        assert (keyword, column) in listed
