import os
import subprocess
import sys

import numpy as np
import pytest
from filelock import FileLock
from tiny_stacks import roberta, samples, t5

from analysis.config import InspectConfig
from analysis.engine.local import extract_all
from analysis.errors import Cancelled, KenshinError
from analysis.extract.sink import EntryKey
from analysis.runs.cache import ActivationCache

CONFIG = InspectConfig(precision="fp32", device="cpu")
KEY = EntryKey("identity", "argmax:2", 512, "fp32", "texts")


def files(root):
    return sorted(path.name for path in root.glob("*/*.npy"))


@pytest.mark.parametrize("make", [roberta, t5])
def test_disk_and_memory_give_the_same_vectors(tmp_path, make):
    model, data = make(), samples(30)
    with ActivationCache(tmp_path / ".cache") as cache:
        disk = extract_all({"suspect": model}, data, CONFIG, cache.sink)["suspect"]
        memory = extract_all({"suspect": model}, data, CONFIG)["suspect"]
        assert disk.activations.skipped == memory.activations.skipped
        for site, values in disk.activations.arrays.items():
            assert isinstance(values, np.memmap)
            assert np.array_equal(values, memory.activations.arrays[site])


def test_a_repeated_extraction_comes_from_the_cache(tmp_path):
    model, data = roberta(), samples(30)
    for expected in (False, True):
        with ActivationCache(tmp_path / ".cache") as cache:
            got = extract_all({"suspect": model}, data, CONFIG, cache.sink)["suspect"]
            assert got.activations.from_cache is expected
    assert not list((tmp_path / ".cache").glob("*/*.part"))
    assert not list((tmp_path / ".cache").glob("*/*.reading"))


def test_rows_may_come_in_any_order_and_twice(tmp_path):
    with ActivationCache(tmp_path) as cache:
        sink = cache.sink(KEY)
        sink.create("a", (6, 3))
        values = np.arange(18, dtype=np.float32).reshape(6, 3)
        sink.write("a", np.array([5, 1, 0]), values[[5, 1, 0]] * 0 + 9)
        sink.write("a", np.array([4, 5, 1]), values[[4, 5, 1]])
        sink.write("a", np.array([3, 2, 0]), values[[3, 2, 0]])
        assert sink.load("a") is None
        sink.commit()
        assert np.array_equal(sink.load("a"), values)


def test_an_aborted_or_killed_writer_leaves_nothing_visible(tmp_path):
    with ActivationCache(tmp_path) as cache:
        sink = cache.sink(KEY)
        sink.create("a", (6, 3))
        sink.abort()
        assert not files(tmp_path)
        (tmp_path / KEY.digest / "b.part").write_bytes(b"half")
        sink = cache.sink(KEY)
        assert sink.load("b") is None
        assert not list(tmp_path.glob("*/*.part"))
        sink.abort()


def fill(cache, key, rows):
    sink = cache.sink(key)
    sink.put("a", np.zeros((rows, 256), dtype=np.float32))
    sink.commit()


def key(i):
    return EntryKey("identity", "argmax:2", 512, "fp32", f"texts {i}")


def test_the_least_recently_used_goes_first(tmp_path):
    for i in range(3):
        with ActivationCache(tmp_path, max_bytes=10**9) as cache:
            fill(cache, key(i), 10)
        os.utime(tmp_path / key(i).digest / "a.npy", (1000 + i, 1000 + i))
    with ActivationCache(tmp_path, max_bytes=10**9) as cache:
        sink = cache.sink(key(0))
        assert sink.load("a") is not None  # using it makes it the newest
        sink.abort()
    with ActivationCache(tmp_path, max_bytes=25_000) as cache:
        assert cache.evict() > 0
        assert cache.size() <= 25_000
    left = {path.parent.name for path in tmp_path.glob("*/*.npy")}
    assert left == {key(0).digest, key(2).digest}


def test_what_is_read_is_not_evicted(tmp_path):
    with ActivationCache(tmp_path, max_bytes=1) as reader:
        fill(reader, key(0), 10)
        with ActivationCache(tmp_path, max_bytes=1) as other:
            assert other.evict() == 0
    with ActivationCache(tmp_path, max_bytes=1) as other:
        assert other.evict() > 0
        assert not files(tmp_path)


def test_a_reader_that_died_does_not_hold_its_entry(tmp_path):
    with ActivationCache(tmp_path, max_bytes=10**9) as cache:
        fill(cache, key(0), 10)
    (tmp_path / key(0).digest / "1-1.reading").touch()
    assert ActivationCache(tmp_path, max_bytes=1).evict() > 0


def test_a_second_writer_waits_and_can_be_cancelled(tmp_path):
    tmp_path.mkdir(exist_ok=True)
    with FileLock(tmp_path / f"{KEY.digest}.lock"), pytest.raises(Cancelled):
        ActivationCache(tmp_path).sink(KEY, cancelled=lambda: True)


def test_a_damaged_file_is_not_there(tmp_path):
    with ActivationCache(tmp_path) as cache:
        fill(cache, KEY, 3)
        (tmp_path / KEY.digest / "a.npy").write_bytes(b"\x93NUMPY broken")
        sink = cache.sink(KEY)
        assert sink.load("a") is None
        sink.abort()


def test_a_full_disk_is_said_before_the_work(tmp_path):
    with ActivationCache(tmp_path) as cache:
        sink = cache.sink(KEY)
        with pytest.raises(KenshinError, match=r"need [\d.]+ GB"):
            sink.create("a", (10**9, 10**6))
        sink.abort()


def test_the_limit_is_a_share_of_the_disk(tmp_path):
    limit = ActivationCache(tmp_path).limit()
    stat = os.statvfs(tmp_path)
    assert limit == pytest.approx(min(20e9, 0.2 * stat.f_bavail * stat.f_frsize), rel=0.05)


def test_the_cache_needs_no_torch():
    code = "import analysis.runs.cache, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
