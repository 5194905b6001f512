"""Work that tests let run beside: functions of a module, as a process of its own needs them."""

import os
import time

from gridmap.errors import InputError


def add(one, other, *, progress):
    progress("adding", 1, 2)
    return {"sum": one + other}


def last_forever(mark, *, progress):
    for step in range(10_000):
        progress("lasting", step, 10_000)
        mark.touch()
        time.sleep(0.02)


def never_look_up(*, progress):
    progress("deaf", 0, 0)
    time.sleep(600)


def refuse(*, progress):
    raise InputError("Expected three sites; found none.")


def break_down(*, progress):
    raise ZeroDivisionError("inside")


def vanish(*, progress):
    os._exit(1)


def answer_nothing_plain(*, progress):
    return float("nan")


def wait_then_add(seconds, one, other, *, progress):
    progress("waiting", 0, 0)
    time.sleep(seconds)
    return {"sum": one + other}
