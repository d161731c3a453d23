import asyncio
import json
from collections import Counter
from collections.abc import Coroutine
from typing import Any

from nightdesk.balancer.errors import budget_lost
from nightdesk.balancer.model import Shape
from nightdesk.balancer.reads import SharedReads
from nightdesk.balancer.request import Request, take_apart
from nightdesk.balancer.stream_ports import Answer
from nightdesk.balancer.tables import shape_of
from nightdesk.kernel.assets import VenueId

BINANCE = VenueId("binance")
PRICES = "https://api.binance.com/api/v3/ticker/price"


class FakeAnswerCache:
    """`AnswerCache` from memory, on a clock that tests move."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.answers: dict[str, tuple[float, Answer]] = {}
        self.leaders: set[str] = set()
        self.rows: dict[str, set[str]] = {}
        self.counts = Counter[str]()

    async def get(self, key: str) -> Answer | None:
        until_s, answer = self.answers.get(key, (0.0, None))
        return answer if until_s > self.now_s else None

    async def put(self, key: str, answer: Answer, ttl_ms: int) -> None:
        self.answers[key] = (self.now_s + ttl_ms / 1000, answer)
        self.leaders.discard(key)

    async def lead(self, key: str, lease_ms: int) -> bool:  # noqa: ARG002
        first = key not in self.leaders
        self.leaders.add(key)
        return first

    async def asked(self, key: str, value: str, within_ms: int) -> int:  # noqa: ARG002
        self.rows.setdefault(key, set()).add(value)
        return len(self.rows[key])

    async def count(self, venue: VenueId, what: str, count: int) -> None:  # noqa: ARG002
        self.counts[what] += count


class Desk:
    """Some processes that share a cache, and a venue that counts its calls."""

    def __init__(self, processes: int = 1) -> None:
        self.cache = FakeAnswerCache()
        self.calls: list[str] = []
        self.processes = [
            SharedReads(self.cache, shape_of, sleep=self.sleep, monotonic=lambda: self.cache.now_s)
            for _ in range(processes)
        ]

    async def sleep(self, delay_s: float) -> None:
        self.cache.now_s += delay_s
        await asyncio.sleep(0)

    async def fetch(self, request: Request, shape: Shape) -> Answer:  # noqa: ARG002
        self.calls.append(request.url)
        await asyncio.sleep(0)
        row = {"symbol": request.parameters.get("symbol", ""), "price": "1"}
        rows = [{"symbol": name, "price": "2"} for name in ("AUSDT", "BUSDT", "CUSDT")]
        body = row if "symbol" in request.parameters else rows
        return Answer(status=200, reason="OK", headers={}, body=json.dumps(body).encode())

    async def ask(self, symbol: str, process: int = 0) -> Any:
        request = take_apart(BINANCE, "GET", f"{PRICES}?symbol={symbol}")
        answer = await self.processes[process].serve(request, shape_of(request), self.fetch)
        return json.loads(answer.body)


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


def test_equal_questions_at_once_are_asked_once_over_all_processes() -> None:
    desk = Desk(processes=3)

    async def together() -> None:
        await asyncio.gather(*(desk.ask("AUSDT", number % 3) for number in range(30)))

    run(together())
    assert len(desk.calls) == 1


def test_an_answer_serves_others_only_while_it_is_fresh() -> None:
    desk = Desk()

    async def later() -> None:
        await desk.ask("AUSDT")
        await desk.ask("AUSDT")
        desk.cache.now_s += 1.1
        await desk.ask("AUSDT")

    run(later())
    assert len(desk.calls) == 2


def test_many_rows_are_asked_for_in_one_call() -> None:
    desk = Desk()

    async def many() -> list[Any]:
        return [await desk.ask(name) for name in ("AUSDT", "BUSDT", "CUSDT", "AUSDT", "BUSDT")]

    answers = run(many())
    assert desk.calls == [f"{PRICES}?symbol=AUSDT", f"{PRICES}?symbol=BUSDT", PRICES]
    assert [answer["symbol"] for answer in answers] == ["AUSDT", "BUSDT", "CUSDT", "AUSDT", "BUSDT"]
    assert answers[2] == {"symbol": "CUSDT", "price": "2"}


def test_a_row_that_is_not_among_all_is_asked_for_alone() -> None:
    desk = Desk()

    async def many() -> Any:
        for name in ("AUSDT", "BUSDT", "CUSDT"):
            await desk.ask(name)
        return await desk.ask("ZUSDT")

    assert run(many())["symbol"] == "ZUSDT"


def test_without_the_shared_answers_everybody_fetches() -> None:
    class Away(FakeAnswerCache):
        async def get(self, key: str) -> Answer | None:  # noqa: ARG002
            raise budget_lost()

        async def put(self, key: str, answer: Answer, ttl_ms: int) -> None:  # noqa: ARG002
            raise budget_lost()

        async def lead(self, key: str, lease_ms: int) -> bool:  # noqa: ARG002
            raise budget_lost()

    async def fetch(wanted: Request, shape: Shape) -> Answer:  # noqa: ARG001
        return Answer(status=200, reason="OK", headers={}, body=b"[]")

    async def sleep(_: float) -> None:
        return None

    reads = SharedReads(Away(), shape_of, sleep=sleep, monotonic=lambda: 1.0)
    request = take_apart(BINANCE, "GET", PRICES)
    assert asyncio.run(reads.serve(request, shape_of(request), fetch)).body == b"[]"
