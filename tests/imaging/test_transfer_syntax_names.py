"""Names of transfer syntaxes."""

from __future__ import annotations

from imaging.transfer_syntax_names import transfer_syntax_name


def test_a_syntax_has_the_standards_name() -> None:
    """One that nobody registered stays a UID, and none stays none."""
    assert transfer_syntax_name("1.2.840.10008.1.2.1") == "Explicit VR Little Endian"
    assert transfer_syntax_name("1.2.3.4") == "1.2.3.4"
    assert transfer_syntax_name(None) is None
