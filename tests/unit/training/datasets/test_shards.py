"""Shards on the disk: what is written is read back, and what is damaged is found."""

from __future__ import annotations

import json

import numpy as np
import pytest

from j2a.errors import J2AError
from j2a.features.record import Chord, Features
from training.datasets.shards import (
    ENCODED,
    INDEX,
    MEASURED,
    Encoded,
    Measured,
    drop_shards,
    read_shards,
    write_index,
    write_shard,
)

VALUES = {f"k{n}": np.arange(n * 3, dtype=np.float16).reshape(n, 3) for n in (2, 5, 1)}


@pytest.fixture
def folder(tmp_path):
    store = tmp_path / ENCODED
    store.mkdir()
    write_shard(store, VALUES)
    write_shard(store, {"other": np.ones((4, 3), np.float16)})
    write_index(store, {"width": 3}, {"a": "k2", "b": "k5", "c": "k1", "same as a": "k2"}, {"d": "too short"})
    return tmp_path


def test_each_row_is_read_back_from_the_disk(folder):
    encoded = Encoded(folder, verify=True)
    for row_id, key in (("a", "k2"), ("b", "k5"), ("c", "k1"), ("same as a", "k2")):
        assert np.array_equal(encoded[row_id], VALUES[key])
        assert encoded[row_id].dtype == np.float16
        assert isinstance(encoded[row_id].base, np.memmap)
    assert "d" not in encoded
    assert (len(encoded), encoded.about["width"], encoded.failed) == (4, 3, {"d": "too short"})


def test_features_are_read_back(tmp_path):
    store = tmp_path / MEASURED
    store.mkdir()
    measured = Features(bpm=93.5, key="Bb minor", chords=[Chord(0.0, 1.5, "Bb:min")], unknown={"genre": "naïve\u2028"})
    write_shard(store, {"k": measured.to_json()})
    write_index(store, {}, {"a": "k"}, {})
    assert Measured(tmp_path)["a"] == measured


def damage_array(store, name):
    path = store / f"{name}.npy"
    data = bytearray(path.read_bytes())
    data[-3] ^= 0x40
    path.write_bytes(data)


def cut_array(store, name):
    path = store / f"{name}.npy"
    path.write_bytes(path.read_bytes()[:-6])


def lose_array(store, name):
    (store / f"{name}.npy").unlink()


def damage_record(store, name):
    path = store / f"{name}.json"
    record = json.loads(path.read_text())
    record["clips"][0]["start"] = 1
    path.write_text(json.dumps(record))


def cut_record(store, name):
    path = store / f"{name}.json"
    path.write_bytes(path.read_bytes()[:-20])


@pytest.mark.parametrize("damage", [damage_array, cut_array, lose_array, damage_record, cut_record])
def test_a_damaged_shard_is_found_and_the_others_stay(folder, damage):
    store = folder / ENCODED
    places, broken = read_shards(store, verify=True)
    assert not broken
    name = places["k2"].shard
    damage(store, name)
    left, broken = read_shards(store, verify=True)
    assert (set(left), broken) == ({"other"}, [name])
    with pytest.raises(J2AError, match=r"3 clips|4 clips"):
        Encoded(folder, verify=True)
    drop_shards(store, broken)
    assert not list(store.glob(f"{name}*"))
    assert set(read_shards(store, verify=True)[0]) == {"other"}


def test_what_an_interrupted_writer_left_is_no_shard(folder):
    store = folder / ENCODED
    (store / "half.npy.123.part").write_bytes(b"x")
    assert len(read_shards(store, verify=True)[0]) == 4
    drop_shards(store, [])
    assert not list(store.glob("*.part"))


@pytest.mark.parametrize("text", ["", "[]", '{"rows": 3}'])
def test_an_index_that_is_none_is_an_error(folder, text):
    (folder / ENCODED / INDEX).write_text(text)
    with pytest.raises(J2AError, match="Run j2a-train encode again"):
        Encoded(folder)
