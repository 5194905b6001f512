from pathlib import Path

import pytest

from gridmap.errors import FileFormatError, InputError
from gridmap.standards import read_rules, shipped_rules, write_rules
from gridmap.standards.rules import check_rule, join_rules, rules_of_bytes, rules_of_rows

GOOD = {
    "id": "rooms", "kind": "threshold", "scope": "community", "fact": "rooms",
    "parameters": "at_least=6", "unit": "rooms", "text_en": "six rooms", "source": "us",
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "column", "told"),
    [
        ({"id": ""}, "id", "is empty"),
        ({"id": "Two Words"}, "id", "expects up to 60"),
        ({"kind": "wish"}, "kind", "expects threshold"),
        ({"scope": "city"}, "scope", "expects cell"),
        ({"confidence": "sure"}, "confidence", "expects high"),
        ({"active": "maybe"}, "active", "expects yes or no"),
        ({"text_en": ""}, "text_en", "empty in every language"),
        ({"source": ""}, "source", "is empty"),
        ({"source": "x" * 401}, "source", "longer than 400"),
        ({"fact": "2 rooms"}, "fact", "no fact or sum of facts"),
        ({"fact": "a|b"}, "fact", "names one fact, found 2"),
        ({"parameters": ""}, "parameters", "needs at_least or at_most"),
        ({"parameters": "at_least=-1"}, "parameters", "number of 0 or more"),
        ({"parameters": "at_least=nan"}, "parameters", "number of 0 or more"),
        ({"parameters": "at_least=6; at_most=2"}, "parameters", "is above at_most"),
        ({"parameters": "at_least=6; per=households"}, "parameters", "belong together"),
        ({"parameters": "at_least=6; per=households; each_of=0"}, "parameters", "above 0"),
        ({"parameters": "at_least=6; colour=red"}, "parameters", "colour is unknown here"),
        ({"parameters": "at_least=6; at_least=7"}, "parameters", "given twice"),
        ({"parameters": "at_least=6; where=often"}, "parameters", "expects a condition"),
        ({"kind": "ratio", "parameters": "of=b; low=3; high=2"}, "parameters", "low (3) is above"),
        ({"kind": "tier", "fact": "", "parameters": "street=a>=1"}, "scope", "judges tiers"),
        ({"kind": "within", "parameters": "norm_m=300; share=1.5"}, "parameters", "up to 1"),
        (
            {"kind": "reserve", "parameters": "of=a; below=5; below_percent=103; above_percent=2"},
            "parameters",
            "0 to 100 per cent",
        ),
        (
            {"kind": "cadence", "parameters": "times=1; from=2026-02-01; to=2026-01-01; each=day"},
            "parameters",
            "is after to",
        ),
        ({"kind": "cadence", "parameters": "times=1; from=soon"}, "parameters", "expects a day"),
        ({"kind": "all_of", "fact": "", "parameters": "a>=1"}, "parameters", "2 or more"),
        (
            {"kind": "deadline", "fact": "", "parameters": "half_day=yes; minimum_minutes=900"},
            "parameters",
            "longer than half a day",
        ),
    ],
)  # fmt: skip
def test_an_impossible_rule_is_refused_in_its_column(changed, column, told):
    faults = check_rule(GOOD | changed)
    assert any(one.column == column and told in one.text for one in faults), faults
    with pytest.raises(InputError, match="line 1, column"):
        rules_of_rows([GOOD | changed])


def test_a_good_rule_has_no_fault():
    assert check_rule(GOOD) == []


def test_a_file_names_every_fault_with_line_and_column():
    text = (
        "id,kind,scope,fact,parameters,text_en,source\n"
        "a,threshold,community,rooms,at_least=1,t,s\n"
        "a,threshold,community,rooms,at_least=x,t,s\n"
        "b,ratio,street,rooms,of=cells; low=5; high=2,t,s\n"
    )
    with pytest.raises(InputError) as error:
        rules_of_bytes(text.encode(), "rules.csv")
    told = str(error.value)
    assert "line 3, column id: rule 'a' is the same as in line 2" in told
    assert "line 3, column parameters: rule 'a' at_least expects a number" in told
    assert "line 4, column parameters: rule 'b' low (5) is above high (2)" in told


@pytest.mark.parametrize(
    ("content", "error", "told"),
    [
        (b"\xff\xfe\x00", FileFormatError, "UTF-8"),
        (b"", InputError, "missing: id"),
        (b"id,kind,scope,source,mood\n", InputError, "unknown: mood"),
        (b'id,kind,scope,source\n"a,b\n', FileFormatError, "cannot be read as a CSV"),
        (b"x" * 2_000_001, FileFormatError, "larger than 2 MB"),
    ],
)
def test_what_is_no_rules_file_is_refused(content, error, told):
    with pytest.raises(error, match=told):
        rules_of_bytes(content, "rules.csv")


def test_a_missing_file_is_named():
    with pytest.raises(FileFormatError, match="nowhere.csv"):
        read_rules(Path("nowhere.csv"))


def test_an_empty_line_is_no_rule():
    text = "id,kind,scope,fact,parameters,text_en,source\n,,,,,,\n"
    assert rules_of_bytes(text.encode(), "rules.csv") == ()


def test_rules_come_back_as_they_were_written():
    assert rules_of_bytes(write_rules(shipped_rules()).encode(), "again") == shipped_rules()


def test_an_own_rule_takes_the_place_of_the_shipped_one():
    own = rules_of_rows([GOOD | {"id": "police_room"}])
    joined = {rule.id: rule for rule in join_rules(shipped_rules(), own)}
    assert joined["police_room"].row["fact"] == "rooms"
    assert len(joined) == len(shipped_rules())


def test_shipped_rules_have_texts_sources_and_confidence_and_claim_no_more():
    for rule in shipped_rules():
        assert all(rule.text.values())
        assert rule.source
        assert rule.confidence != "from_memory"
        if "not verified" in rule.source:
            assert rule.confidence == "low-medium"
            assert rule.cited.endswith("(low-medium)")
