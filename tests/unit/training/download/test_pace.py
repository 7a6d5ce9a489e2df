"""When a download may start."""

from __future__ import annotations

import threading
import time
from itertools import pairwise

from training.download.pace import Pace


def test_one_start_at_a_time_and_all_wait_when_one_is_throttled() -> None:
    stop = threading.Event()
    pace, starts, began = Pace(0.05, stop), [], time.monotonic()

    def work() -> None:
        pace.wait()
        starts.append(time.monotonic() - began)

    pace.hold(0.1)
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    starts.sort()
    assert starts[0] >= 0.1
    assert all(later - earlier >= 0.04 for earlier, later in pairwise(starts))
    pace.hold(60)
    stop.set()
    pace.wait()  # at once
