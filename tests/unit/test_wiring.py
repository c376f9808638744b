"""What a process has one of."""

import threading
import time

from console.wiring import Once, cluster


def test_all_who_come_first_get_the_same_one() -> None:
    """C20: two requests that come together make one hub, not two of which one is forgotten and watches on."""
    made: list[object] = []

    def make() -> object:
        time.sleep(0.01)
        made.append(object())
        return made[-1]

    once, together, got = Once(make), threading.Barrier(8), []

    def come() -> None:
        together.wait()
        got.append(once())

    threads = [threading.Thread(target=come) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert got == made * 8
    assert isinstance(cluster, Once)
