"""What a library raises that has no memory left. Rust's panics (pydantic's, RE2's) are no `Exception`: they pass every
`except Exception`, end threads and close connections without an answer. Used wherever foreign bytes are worked on.
"""

from __future__ import annotations

from types import TracebackType

from remediator.core.errors import Overloaded

_PANIC = (
    "pyo3_runtime",
    "PanicException",
)  # https://docs.rs/pyo3/latest/pyo3/panic/struct.PanicException.html


def is_panic(error: BaseException | None) -> bool:
    """Say whether an error is the panic of a library written in Rust."""
    kind = type(error)
    return (kind.__module__, kind.__qualname__) == _PANIC


def is_out_of_memory(error: BaseException | None) -> bool:
    """Say whether an error means that there was no memory for the work."""
    return isinstance(error, MemoryError) or is_panic(error)


class EnoughMemory:
    """Work in a `with` block; raises Overloaded where there is no memory for it."""

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: object, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if is_out_of_memory(error):
            raise Overloaded("there is no memory for it") from error
