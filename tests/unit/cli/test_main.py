import argparse
import os
import signal
import sys

import pytest

from gridmap import cli
from gridmap.cli import main


@pytest.fixture
def running(monkeypatch):
    """Make ``gridmap`` run a given function, with the handler of kill put back afterwards."""
    before = signal.getsignal(signal.SIGTERM)

    def make(run):
        parser = argparse.ArgumentParser()
        parser.set_defaults(run=run)
        monkeypatch.setattr(cli, "build_parser", lambda _: parser)

    yield make
    signal.signal(signal.SIGTERM, before)


def test_what_the_system_refuses_is_one_message_and_exit_2(running, capsys):
    def full(_):
        raise OSError(28, "No space left on device", "out/cells.gpkg")

    running(full)
    assert main([]) == 2
    told = capsys.readouterr().err
    assert told.startswith("gridmap: The system refused a file 'out/cells.gpkg': No space left")
    assert told.count("\n") == 1


def test_a_kill_stops_like_an_interrupt_so_that_nothing_half_written_stays(running, capsys):
    running(lambda _: os.kill(os.getpid(), signal.SIGTERM) or signal.pause())
    assert main([]) == 130
    assert "nothing half-written" in capsys.readouterr().err


def test_a_reader_that_stops_reading_is_no_fault(running, monkeypatch, tmp_path):
    def print_into_nothing(_):
        raise BrokenPipeError

    with (tmp_path / "out").open("w") as out:
        monkeypatch.setattr(sys, "stdout", out)
        running(print_into_nothing)
        assert main([]) == 141
