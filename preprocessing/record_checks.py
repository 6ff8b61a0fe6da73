"""Verifying a record set: every byte read again, every promise of `records.json` held."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from foundation.contracts import Report
from foundation.errors import DicomillError, RecordError
from foundation.fingerprints import sha256_of_file
from foundation.lineage import LINEAGE_FILE, read_lineage
from preprocessing.examples import Example, decode_example
from preprocessing.framing import read_records
from preprocessing.record_sets import RECORDS_FILE, RecordSet, Shard, fingerprint_of_shards, read_records_file


class VerifyReport(Report):
    """What a verification found.

    Attributes:
        num_records: records read, by split.
        problems: one sentence each, naming file, record and offset; empty when all is well.
    """

    num_records: dict[str, int]
    problems: tuple[str, ...]

    @property
    def is_sound(self) -> bool:
        """Whether nothing was found."""
        return not self.problems


def verify_record_set(path: Path) -> VerifyReport:
    """Read all shards again and hold them against `records.json`.

    Found are: a missing, cut or altered file (SHA-256, size, both checksums of each record), counts that
    differ, another `labels.txt` or `records.json`, a file that is no shard, a record without its keys, a
    class out of range or with another name, a hash of the picture
    that is no hash, and a patient or a picture in two splits. After damage the rest of that file is
    passed over and the next one is read.

    Args:
        path: the record set's folder.

    Raises:
        RecordError: there is no readable `records.json`.
    """
    record_set = read_records_file(path)
    check = _Check(record_set)
    check.compare_files()
    for shard in record_set.shards:
        check.read_shard(shard)
    check.compare_counts()
    return VerifyReport(
        num_records={split: check.num_records[split] for split in record_set.splits},
        problems=tuple(check.problems),
    )


class _Check:
    """Collects problems while shards go by; memory holds one record and the keys seen."""

    def __init__(self, record_set: RecordSet) -> None:
        self._record_set = record_set
        self.problems: list[str] = []
        self.num_records: Counter[str] = Counter()
        self._first_seen: dict[tuple[str, bytes], str] = {}
        self._told: set[tuple[str, bytes]] = set()

    def read_shard(self, shard: Shard) -> None:
        """Read one file, up to its first damage."""
        path = self._record_set.folder / shard.file
        if not path.is_file():
            self.problems.append(f"{shard.file} is missing.")
            return
        count = 0
        try:
            for number, (offset, payload) in enumerate(read_records(path)):
                count += 1
                self._read_record(f"{shard.file}: record {number} at offset {offset}", payload, shard.split)
        except RecordError as error:
            self.problems.append(str(error))
            return
        finally:
            self.num_records[shard.split] += count
        if count != shard.num_records:
            self.problems.append(f"{shard.file} holds {count} records, expected {shard.num_records}.")
        elif sha256_of_file(path) != shard.sha256:
            self.problems.append(f"{shard.file} is not the file that was written: its SHA-256 differs.")

    def compare_files(self) -> None:
        """Hold `records.json`, the files beside it and the names of shards against what was written."""
        record_set = self._record_set
        if record_set.fingerprint not in (None, record_set.content_fingerprint):
            self.problems.append(f"{RECORDS_FILE} is not what was written: its fingerprint differs.")
        for name, sha256 in sorted(record_set.files.items()):
            path = record_set.folder / name
            if not path.is_file():
                self.problems.append(f"{name} is missing.")
            elif sha256_of_file(path) != sha256:
                self.problems.append(f"{name} is not the file that was written: its SHA-256 differs.")
        self._compare_lineage()
        known = {shard.file for shard in record_set.shards}
        for path in sorted(record_set.folder.glob("*.tfrecord")):
            if path.name not in known:
                self.problems.append(f"{path.name} is no shard of this set: {RECORDS_FILE} does not name it.")

    def _compare_lineage(self) -> None:
        """Hold the lineage, where there is one, against what `records.json` says of the same packing."""
        record_set = self._record_set
        try:
            lineage = read_lineage(record_set.folder)
        except DicomillError:
            self.problems.append(f"{LINEAGE_FILE} cannot be read: it is cut or was changed.")
            return
        content = fingerprint_of_shards(record_set.classes, record_set.shards)
        facts = ("records", record_set.product_uuid, content)
        if lineage is not None and (lineage.kind, lineage.product_uuid, lineage.fingerprint) != facts:
            self.problems.append(f"{LINEAGE_FILE} and {RECORDS_FILE} are not of one packing.")

    def compare_counts(self) -> None:
        """Hold the number of records of each split against the plan."""
        promised: Counter[str] = Counter()
        for shard in self._record_set.shards:
            promised[shard.split] += shard.num_records
        for split, count in self._record_set.splits.items():
            if promised[split] != count:
                self.problems.append(
                    f"The shards of {split} promise {promised[split]} records, expected {count}."
                )

    def _read_record(self, place: str, payload: bytes, split: str) -> None:
        """Check one record and remember its patient and picture."""
        try:
            example = decode_example(payload)
        except RecordError as error:
            self.problems.append(f"{place}: {error}")
            return
        self.problems.extend(f"{place} {fault}" for fault in _class_faults(example, self._record_set))
        for key, word in (("image/patient_key", "patient"), ("image/frame_sha256", "picture")):
            value = example.get(key) or [b""]
            if isinstance(value[0], bytes) and value[0]:
                self._remember(word, value[0], split, place)

    def _remember(self, word: str, value: bytes, split: str, place: str) -> None:
        """Tell, once each, what stands in two splits."""
        key = (word, hashlib.blake2b(value, digest_size=16).digest())
        seen = self._first_seen.setdefault(key, split)
        if seen != split and key not in self._told:
            self._told.add(key)
            self.problems.append(f"{place} holds a {word} that is in {seen} as well as in {split}.")


def _class_faults(example: Example, record_set: RecordSet) -> Iterator[str]:
    """Yield what is wrong with the labels of one record."""
    indices = example.get("image/class/label", [])
    classes = record_set.classes
    mask = example.get("image/class/mask", [])
    # Where several labels may be, none is one: that all classes are known not to be there.
    is_labelled = bool(indices) or (record_set.kind == "multi_label" and 1.0 in mask)
    if not example.get("image/encoded") or not is_labelled:
        yield "lacks its picture or its label."
        return
    foreign = [index for index in indices if not isinstance(index, int) or not 0 <= index < len(classes)]
    if foreign:
        yield f"has a class out of range: expected 0 to {len(classes) - 1}. Received: {foreign[0]!r}."
        return
    if example.get("image/class/text") != [classes[int(index)].encode() for index in indices]:
        yield "has class names that are not those of its class indices."
    values = [float(index in indices) for index in range(len(classes))]
    if example.get("image/class/values") != values:
        yield "has class values that do not agree with its class indices."
    if len(mask) != len(classes) or any(mask[int(index)] != 1 for index in indices) or set(mask) - {0, 1}:
        yield "has a class mask that does not agree with its class indices."
    if record_set.kind == "single_label" and len(indices) != 1:
        yield f"has {len(indices)} labels in a record set of one label each."
