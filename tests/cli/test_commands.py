"""Commands are imported when they are asked for; until then a sentence stands for each."""

import pytest

from remediator.cli.commands import OURS, all_commands


@pytest.mark.parametrize("name", OURS)
def test_the_sentence_that_stands_for_a_command_is_the_first_of_its_help(name: str) -> None:
    commands = all_commands()
    stands_for_it = commands.summary(name)

    command = commands[name]

    assert command is not stands_for_it
    assert command.name == name
    assert command.get_short_help_str(200) == stands_for_it.get_short_help_str(200)
    assert commands.summary(name) is command
