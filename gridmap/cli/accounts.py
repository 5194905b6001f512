"""Commands: user add, passwd, list. A password never travels as an argument."""

import argparse
import sys
from typing import Any

from gridmap.cli.database import add_database

ROLES = ("worker", "planner", "liaison", "admin")


def register(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add ``gridmap user`` with its verbs."""
    group = commands.add_parser("user", help="accounts of the web application")
    verbs = group.add_subparsers(metavar="VERB", required=True)
    add = verbs.add_parser("add", help="add a user; prints the password made, once")
    add.add_argument("name", metavar="NAME", help="what the user signs in with")
    add.add_argument("--role", required=True, choices=ROLES)
    add.add_argument("--district", metavar="NAME", help="code, name or number of a loaded district")
    for limit, words in (
        ("community", "only this community (code); may be given again"),
        ("cell", "only this cell; may be given again"),
        ("post", "only the cells this post answers for; may be given again"),
    ):
        add.add_argument(f"--{limit}", action="append", default=[], metavar="ID", help=words)
    add.set_defaults(run=run_add)
    passwd = verbs.add_parser("passwd", help="give a user a new password; ends all sessions")
    passwd.add_argument("name", metavar="NAME")
    passwd.set_defaults(run=run_passwd)
    for one in (add, passwd):
        one.add_argument(
            "--password-stdin", action="store_true", help="read the password from standard input"
        )
        add_database(one)
    listing = verbs.add_parser("list", help="list users with role and scope")
    listing.set_defaults(run=run_list)
    add_database(listing)


def run_add(told: argparse.Namespace) -> int:
    """Add a user."""
    from gridmap.studies import accounts

    place = None
    if told.district:
        place = accounts.Place(told.district, told.community, told.cell, told.post)
    made = accounts.add_user(
        told.name, told.role, place, password=_read_password(told), database=told.database
    )
    print(f"User {told.name.strip().lower()} ({told.role}) is added." + _tell(made))
    return 0


def run_passwd(told: argparse.Namespace) -> int:
    """Give a new password."""
    from gridmap.studies import accounts

    made = accounts.set_password(told.name, _read_password(told), database=told.database)
    print(f"The password of {told.name.strip().lower()} is changed." + _tell(made))
    return 0


def run_list(told: argparse.Namespace) -> int:
    """List users."""
    from gridmap.studies import accounts

    users = accounts.list_users(told.database)
    for one in users.to_dict("records"):
        state = "" if one["active"] else " (closed)"
        print(f"{one['username']}\t{one['role']}{state}\t{one['scopes']}")
    return 0


def _read_password(told: argparse.Namespace) -> str | None:
    return sys.stdin.readline().rstrip("\r\n") if told.password_stdin else None


def _tell(made: str | None) -> str:
    return f" Password (shown once): {made}" if made else ""
