"""Slow, obvious staffing: every split of cells tried, every question asked cell by cell."""

from itertools import product


def most_even(load, pairs, count):
    """Smallest largest load over all splits into connected parts, none of them empty."""
    best = None
    for choice in product(range(count), repeat=len(load)):
        groups = [[n for n, part in enumerate(choice) if part == one] for one in range(count)]
        if all(groups) and all(_hangs_together(group, pairs) for group in groups):
            largest = max(sum(load[n] for n in group) for group in groups)
            best = largest if best is None else min(best, largest)
    return best


def who_is_there(post, absences, day):
    """Post that acts for a post on a day, or None; absences are (post, first, back, stand_in)."""
    seen = []
    while True:
        if post in seen:
            return None
        seen.append(post)
        away = [one for one in absences if one[0] == post and one[1] <= day < (one[2] or day + 1)]
        if not away:
            return post
        named = sorted((one for one in away if one[3]), key=lambda one: (one[1], one[3]))
        if not named:
            return None
        post = named[0][3]


def who_answers(cell, community, duties, absences, day):
    """(level, post) of a cell; duties are (post, place, accountable, first, end)."""
    for level, place in (("own", cell), ("community", community)):
        heads = [
            duty[0]
            for duty in duties
            if duty[1] == place
            and duty[2]
            and (duty[3] is None or duty[3] <= day)
            and (duty[4] is None or day < duty[4])
        ]
        acting = [(who_is_there(head, absences, day), head) for head in heads]
        there = sorted(((there != head, there) for there, head in acting if there))
        if there:
            return level, there[0][1]
    return "nobody", None


def _hangs_together(group, pairs):
    reached = {group[0]}
    for _ in group:
        for one, other in pairs:
            if one in group and other in group and (one in reached or other in reached):
                reached |= {one, other}
    return len(reached) == len(group)
