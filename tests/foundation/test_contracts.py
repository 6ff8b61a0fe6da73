"""The bases of configs and reports."""

from pathlib import Path

import pytest
from pydantic import Field, ValidationError, model_validator

from foundation.contracts import Config, Report
from foundation.errors import ConfigError


class ExampleConfig(Config):
    """A config with one option."""

    seed: int = 0


class ExampleReport(Report):
    """A report with one number."""

    num_records: int


def test_an_unknown_option_is_refused() -> None:
    """A typing error never passes as a default."""
    with pytest.raises(ValidationError, match="sead"):
        ExampleConfig(sead=3)  # type: ignore[call-arg]


def test_configs_and_reports_cannot_be_changed() -> None:
    """What was asked and what was done stay as they were."""
    with pytest.raises(ValidationError, match="frozen"):
        ExampleConfig().seed = 1  # type: ignore[misc]
    with pytest.raises(ValidationError, match="frozen"):
        ExampleReport(num_records=1).num_records = 2  # type: ignore[misc]


def test_a_report_is_plain_json() -> None:
    """Every report can be printed by `--json`."""
    assert ExampleReport(num_records=1).model_dump_json() == '{"num_records":1}'


class CheckedConfig(Config):
    """A config with a bound and a rule over two fields."""

    height: int = Field(ge=1)
    width: int = 1

    @model_validator(mode="after")
    def _check_shape(self) -> "CheckedConfig":
        if self.width > self.height:
            raise ValueError("a picture here is never wider than high")
        return self


def test_a_users_words_become_typed_values() -> None:
    """Text from a command line or a file is read as what the field holds."""
    assert CheckedConfig.checked({"height": "3"}).height == 3


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"hight": 3}, r'no field "hight"\. Did you mean "height"\? Known: height, width'),
        ({}, r"^height: Field required"),
        ({"height": 0}, r"^height: .*greater than or equal to 1\. Received: 0\."),
        ({"height": 1, "width": 2}, r"^A picture here is never wider than high\.$"),
    ],
)
def test_a_refused_value_is_one_line_in_the_users_words(values: dict[str, int], message: str) -> None:
    """Unknown, missing, out of bounds, or against a rule over several fields."""
    with pytest.raises(ConfigError, match=message) as caught:
        CheckedConfig.checked(values)
    assert "\n" not in str(caught.value)


class ListConfig(Config):
    """A config with lists of words, paths and numbers."""

    names: tuple[str, ...] = ()
    paths: tuple[Path, ...] | None = None
    ratios: tuple[float, ...] | None = None


def test_one_word_stands_for_a_list_of_one() -> None:
    """`paths: dicom` in a run file means what it says."""
    config = ListConfig.checked({"names": "CHEST", "paths": Path("dicom"), "ratios": 1})
    assert (config.names, config.paths, config.ratios) == (("CHEST",), (Path("dicom"),), (1.0,))


def test_a_list_is_called_a_list() -> None:
    """A tuple is Python's word, not the user's."""
    with pytest.raises(ConfigError, match=r"^names: Input should be a list\. Received: \{'a': 1\}\."):
        ListConfig.checked({"names": {"a": 1}})


def test_a_refused_path_is_shown_as_it_is_written() -> None:
    """`PosixPath` is no word of the user's."""
    with pytest.raises(ConfigError, match=r"Received: a/b\.$"):
        CheckedConfig.checked({"height": Path("a/b")})
