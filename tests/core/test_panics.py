"""A panic of a library in Rust is told apart from everything else, and becomes an error that can be answered."""

import pytest

from remediator.core.errors import Overloaded
from remediator.core.panics import EnoughMemory, is_out_of_memory, is_panic

PanicException = type("PanicException", (BaseException,), {"__module__": "pyo3_runtime"})


def test_only_a_panic_is_one() -> None:
    assert is_panic(PanicException("called `Option::unwrap()` on a `None` value"))
    for other in (None, KeyboardInterrupt(), SystemExit(), MemoryError(), ValueError()):
        assert not is_panic(other)
    assert is_out_of_memory(MemoryError())
    assert is_out_of_memory(PanicException())


@pytest.mark.parametrize("error", [MemoryError(), PanicException("out of memory")])
def test_work_without_memory_is_overloaded(error: BaseException) -> None:
    with pytest.raises(Overloaded, match="no memory"), EnoughMemory():
        raise error


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("x"), SystemExit(3)])
def test_what_is_something_else_stays_what_it_is(error: BaseException) -> None:
    with pytest.raises(type(error)), EnoughMemory():
        raise error
