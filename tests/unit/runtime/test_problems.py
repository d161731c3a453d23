import pytest

from nightdesk.kernel import errors
from nightdesk.kernel.errors import ErrorKind, NightdeskError
from nightdesk.runtime.problems import STATUS_BY_KIND, problem_of


def test_every_kind_has_a_status() -> None:
    assert set(STATUS_BY_KIND) == set(ErrorKind)


@pytest.mark.parametrize("kind", NightdeskError.__subclasses__(), ids=lambda kind: kind.__name__)
def test_every_error_is_a_problem(kind: type[NightdeskError]) -> None:
    problem = problem_of(kind("domain.what", "One sentence."), "correlation-1")
    body = problem.body()
    assert body["status"] == STATUS_BY_KIND[kind.kind]
    assert body["type"] == "https://nightdesk.dev/problems/domain.what"
    assert (body["detail"] == "One sentence.") is (kind is not errors.Broken)


def test_when_to_come_back_is_rounded_up() -> None:
    problem = problem_of(errors.RateLimited("venue.banned", "Wait.", retry_after_s=1.2), "correlation-1")
    assert problem.headers()["Retry-After"] == "2"
    assert problem.body()["retry_after_s"] == 1.2
