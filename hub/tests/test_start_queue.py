import asyncio

import pytest
from cyberhubs_hub.start_queue import StartQueue


async def test_places_are_limited_and_given_in_order():
    queue = StartQueue(2)
    running, most, order = 0, 0, []

    async def start(who: int) -> None:
        nonlocal running, most
        async with queue.place(who):
            running += 1
            most = max(most, running)
            order.append(who)
            await asyncio.sleep(0.001)
            running -= 1

    await asyncio.gather(*(start(who) for who in range(10)))
    assert most == 2
    assert order == list(range(10))


async def test_says_how_many_are_ahead():
    queue = StartQueue(1)
    async with queue.place("a"):
        tasks = [asyncio.create_task(hold(queue, who)) for who in "bcd"]
        await asyncio.sleep(0)
        assert [queue.ahead(who) for who in "abcd"] == [None, 0, 1, 2]
        tasks[0].cancel()
        await asyncio.sleep(0)
        assert [queue.ahead(who) for who in "abcd"] == [None, None, 0, 1]
    await asyncio.gather(*tasks, return_exceptions=True)
    assert queue.ahead("d") is None


async def test_who_fails_or_gives_up_leaves_the_place():
    queue = StartQueue(1)
    with pytest.raises(RuntimeError):
        async with queue.place("a"):
            raise RuntimeError
    async with queue.place("b"):
        waiting = asyncio.create_task(hold(queue, "c"))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    async with asyncio.timeout(1):
        await hold(queue, "d")


async def hold(queue: StartQueue, who: str) -> None:
    async with queue.place(who):
        await asyncio.sleep(0)
