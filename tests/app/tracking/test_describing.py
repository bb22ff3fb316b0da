from app.tracking import describing


def test_names_of_config():
    flat, cut = describing.parameters({"a": {"b": {"c": (1, 2)}}, "d": True, "e": {}})
    assert flat == {"a.b.c": "[1, 2]", "d": "true"} and cut == []
