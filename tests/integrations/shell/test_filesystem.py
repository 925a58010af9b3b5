"""What df says, and the arithmetic of freed space."""

import pytest

from remediator.integrations.shell.filesystem import (
    FileSystem,
    absolute_path,
    df_words,
    freed_bytes,
    freed_words,
    from_facts,
    generous_bound,
    parse_df,
)

GIB = 1024**3
HEADER = "Filesystem 1B-blocks Used Available Capacity Mounted on\n"


def filesystem(size: int = 100, used: int = 94, available: int = 6) -> FileSystem:
    return FileSystem(
        device="/dev/vda2",
        mountpoint="/var",
        size=size * GIB,
        used=used * GIB,
        available=available * GIB,
    )


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("/dev/vda2 100 94 6 94% /var", ("/dev/vda2", "/var", 100, 94, 6)),
        ("/dev/vda2   100   94   6  94%   /mnt/with space", ("/dev/vda2", "/mnt/with space", 100, 94, 6)),
        ("//nas/my share 100 94 6 94% /mnt", ("//nas/my share", "/mnt", 100, 94, 6)),
        ("overlay 100 120 -20 120% /", ("overlay", "/", 100, 120, -20)),
        ("proc 0 0 0 - /proc", ("proc", "/proc", 0, 0, 0)),
        ("/dev/mapper/a-b 1 1 0 100% /a 5% /b", ("/dev/mapper/a-b", "/a 5% /b", 1, 1, 0)),
    ],
)  # fmt: skip
def test_a_row_of_df_is_read(row: str, expected: tuple[object, ...]) -> None:
    found = parse_df(f"{HEADER}{row}\n")

    assert found is not None
    assert (found.device, found.mountpoint, found.size, found.used, found.available) == expected


@pytest.mark.parametrize(
    "text", ["", HEADER, "df: /x: No such file or directory\n", f"{HEADER}a b c\n"]
)
def test_what_is_no_answer_of_df_is_none(text: str) -> None:
    assert parse_df(text) is None


def test_use_counts_what_may_be_used_and_free_counts_the_whole() -> None:
    reserved = filesystem(size=100, used=76, available=19)

    assert reserved.used_percent == 80
    assert reserved.free_percent == 19


def test_an_empty_file_system_is_neither_used_nor_free() -> None:
    nothing = filesystem(size=0, used=0, available=0)

    assert (nothing.used_percent, nothing.free_percent) == (0, 0)


def test_freed_space_is_what_became_available() -> None:
    before, after = filesystem(used=94, available=6), filesystem(used=71, available=29)

    assert freed_bytes(before, after) == 23 * GIB
    assert freed_words(before, after) == "freed 24.7 GB (/var 94 % -> 71 %)"


def test_freed_space_is_never_negative() -> None:
    assert freed_bytes(filesystem(available=6), filesystem(available=5)) == 0


def test_facts_are_read_back_as_they_were_written() -> None:
    assert from_facts(filesystem().as_facts()) == filesystem()


@pytest.mark.parametrize(
    "facts", [{}, {"device": "x"}, {**filesystem().as_facts(), "size_bytes": "x"}]
)
def test_facts_that_are_not_whole_are_none(facts: dict[str, object]) -> None:
    assert from_facts(facts) is None


@pytest.mark.parametrize("estimate", [0, 1, 10**6, 10**9, 5 * 10**9, 10**13])
def test_a_bound_leaves_room_but_not_without_end(estimate: int) -> None:
    bound = generous_bound(estimate)

    assert estimate * 1.25 <= bound <= max(64 * 1024**2, estimate * 2.5)
    assert generous_bound(int(estimate * 1.01)) >= bound


@pytest.mark.parametrize(
    "path", ["/", "/var", "/var/lib/docker", "/mnt/with space", "/mnt/ümlaut", "/a..b"]
)
def test_a_plain_absolute_path_is_taken(path: str) -> None:
    assert absolute_path(path) == path


@pytest.mark.parametrize(
    "path",
    ["", "var", "-rf", "./x", "/var/../etc", "/..", "/a\nb", "/a\0", "/\x1b[31m", "/\u202e", "/" + "x" * 2000],
)  # fmt: skip
def test_what_could_be_something_else_than_a_path_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match=r"absolute|upwards"):
        absolute_path(path)


def test_a_path_is_never_an_option_of_df() -> None:
    assert df_words("/var") == ["df", "-P", "-B1", "--", "/var"]
    assert df_words("/var", inodes=True) == ["df", "-P", "-i", "--", "/var"]
